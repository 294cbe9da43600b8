import { idFromUuid } from '../domain/id.ts'
import type { NoticeType } from '../domain/notice.ts'
import type { BellKind } from '../store/bell.ts'
import type { HealthMove } from '../store/destination-health.ts'
import { newUuid } from '../store/new-id.ts'
import { findNoticeSubjects, findOperationsId, type NoticeSubject } from '../store/operations.ts'
import { type NewEvent, publishEvents } from '../store/publication.ts'
import type { Sql } from '../store/sql.ts'
import { insertWaiting, LIVE_POSITION } from '../store/waiting.ts'
import type { AttemptRecord, AttemptResult } from './attempt-result.ts'

/** A delivery that was given up, with its last attempt. */
export interface GivenUp {
  readonly delivery: AttemptResult['delivery']
  readonly attempt: AttemptRecord
}

/**
 * Publishes what a settlement has to tell, in its own transaction: whoever is killed, it is told once. Returns what to ring
 * once that is committed.
 */
export async function publishNotices(
  tx: Sql,
  { moves, givenUp }: { moves: readonly HealthMove[]; givenUp: readonly GivenUp[] },
): Promise<BellKind[]> {
  const ids = [...moves.map((move) => move.destinationId), ...givenUp.map(({ delivery }) => delivery.destinationId)]
  if (ids.length === 0) return []
  const subjects = new Map((await findNoticeSubjects(tx, ids)).map((subject) => [subject.id, subject]))
  const events = [
    ...moves.flatMap((move) => {
      const subject = subjects.get(move.destinationId)
      return subject ? noticeOf(subject, typeOf(move), { destination: healthData(subject, move) }) : []
    }),
    ...givenUp.flatMap(({ delivery, attempt }) => {
      const subject = subjects.get(delivery.destinationId)
      const data = subject && { destination: destinationData(subject), delivery: deliveryData(delivery, attempt) }
      return data ? noticeOf(subject, 'delivery.exhausted', data) : []
    }),
  ]
  return publishAll(tx, events)
}

/** Tells of a new key. Ids are bare UUIDs. */
export async function publishKeyNotice(
  tx: Sql,
  { applicationId, ...apiKey }: { applicationId: string; id: string; name: string; hint: string },
): Promise<BellKind[]> {
  const data = { apiKey: { id: idFromUuid('key', apiKey.id), name: apiKey.name, hint: apiKey.hint } }
  const operationsId = await findOperationsId(tx, applicationId)
  return publishAll(tx, [noticeOf({ applicationId, operationsId }, 'apikey.created', data)])
}

function typeOf({ health }: HealthMove): NoticeType {
  switch (health) {
    case 'HEALTHY':
      return 'destination.recovered'
    case 'FAILING':
      return 'destination.failing'
    case 'DISABLED':
      return 'destination.disabled'
    default:
      return health satisfies never
  }
}

function destinationData({ id, label, connector, target, ...owner }: NoticeSubject) {
  const organizationId = idFromUuid('org', owner.organizationId)
  return {
    id: idFromUuid('dst', id),
    label,
    connector,
    target,
    organizationId,
    organizationExternalId: owner.organizationExternalId,
  }
}

function healthData(subject: NoticeSubject, move: HealthMove) {
  const { health, disabledReason, consecutiveFailures, failingSince, lastSuccessAt } = move
  return {
    ...destinationData(subject),
    health,
    disabledReason,
    consecutiveFailures,
    failingSince,
    lastSuccessAt,
  }
}

function deliveryData(delivery: GivenUp['delivery'], { outcome, response }: AttemptRecord) {
  return {
    id: idFromUuid('dlv', delivery.id),
    eventId: idFromUuid('evt', delivery.eventId),
    eventType: delivery.eventType,
    attemptCount: delivery.attemptCount + 1,
    failureKind: outcome.failureKind ?? null,
    statusCode: response?.statusCode ?? null,
    errorMessage: outcome.message ?? null,
  }
}

function noticeOf(to: Pick<NoticeSubject, 'applicationId' | 'operationsId'>, type: NoticeType, data: object): NewEvent {
  const json = JSON.stringify(data)
  return {
    id: newUuid(),
    applicationId: to.applicationId,
    organizationId: to.operationsId,
    type,
    data: json,
    dataBytes: Buffer.byteLength(json),
    idempotencyKey: null,
    isTest: false,
  }
}

async function publishAll(tx: Sql, events: readonly NewEvent[]): Promise<BellKind[]> {
  if (events.length === 0) return []
  const { queued, held } = await publishEvents(tx, events)
  // Not behind their gates at once: a settlement holds gates already, and would wait for these out of order.
  await insertWaiting(
    tx,
    held.map(({ id, destinationId }) => {
      return { deliveryId: id, destinationId, state: 'TIMED', dueInMs: 0, position: LIVE_POSITION }
    }),
  )
  return [...(queued > 0 ? (['due'] as const) : []), ...(held.length > 0 ? (['waiting'] as const) : [])]
}
