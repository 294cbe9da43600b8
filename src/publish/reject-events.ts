import { idFromUuid } from '../domain/id.ts'
import type { Problem } from '../domain/refused.ts'
import { findOrganizationSubjects } from '../store/operations.ts'
import type { Transaction } from '../store/transaction.ts'
import { noticeOf, publishNotices } from './operational-events.ts'
import type { NewEvent } from './publish-sql.ts'
import { markRejected } from './rejection-sql.ts'

/** Most bytes of one event's problems as JSON: their texts name properties of the data, which may be as long as it. */
const MAX_PROBLEMS_BYTES = 16_384
const MAX_MESSAGE_LENGTH = 1_000

export interface RejectedEvent {
  readonly event: NewEvent
  readonly problems: readonly Problem[]
}

/** Stores that events are rejected, and tells the operations organization of each. */
export async function rejectEvents(tx: Transaction, rejected: readonly RejectedEvent[]): Promise<void> {
  if (rejected.length === 0) return
  const told = rejected.map(({ event, problems }) => ({ event, problems: boundProblems(problems) }))
  await markRejected(
    tx,
    told.map(({ event, problems }) => ({ id: event.id, problems })),
  )
  const organizations = await findOrganizationSubjects(tx, [...new Set(told.map(({ event }) => event.organizationId))])
  const subjects = new Map(organizations.map((one) => [one.id, one]))
  const notices = told.flatMap(({ event, problems }) => {
    const subject = subjects.get(event.organizationId)
    return subject ? noticeOf(subject, 'event.rejected', { event: eventData(event, subject), problems }) : []
  })
  await publishNotices(tx, notices)
}

function eventData(event: NewEvent, { externalId }: { externalId: string | null }) {
  return {
    id: idFromUuid('evt', event.id),
    type: event.type,
    organizationId: idFromUuid('org', event.organizationId),
    organizationExternalId: externalId,
    idempotencyKey: event.idempotencyKey,
  }
}

/** The first problems, as many as have room; one at least. */
export function boundProblems(problems: readonly Problem[]): Problem[] {
  const kept: Problem[] = []
  let bytes = 0
  for (const problem of problems) {
    bytes += Buffer.byteLength(JSON.stringify(problem))
    if (bytes > MAX_PROBLEMS_BYTES) break
    kept.push(problem)
  }
  if (kept.length > 0) return kept
  return problems.slice(0, 1).map((problem) => ({
    ...problem,
    message: `${problem.message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed()}…`,
    ...(problem.jsonPointer !== undefined && { jsonPointer: '' }),
  }))
}
