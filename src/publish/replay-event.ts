import { idToUuid, parseId, type Uuid } from '../domain/id.ts'
import { notFound, type Problem, Refused, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import type { Evaluator } from '../evaluate/evaluator.ts'
import { enqueue } from '../queue/enqueue.ts'
import { Delivery } from '../store/delivery.ts'
import { Event } from '../store/event.ts'
import { newId } from '../store/new-id.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import { createCatalogue } from './catalogue.ts'
import { checkStored, readJson } from './check-stored.ts'
import { lockOrganizations } from './publish-sql.ts'
import { boundProblems } from './reject-events.ts'
import { lockEvent, markAccepted, markRejected } from './rejection-sql.ts'
import { findSubscribed, insertReplays, type Subscribed } from './replay-sql.ts'

const MAX_DESTINATIONS = 1_000

interface ReplayInput {
  readonly id: string
  readonly destinationIds?: readonly string[] | null | undefined
}

/**
 * Sends a stored event again: to the destinations named, or to all that subscribe to its type now. One that was rejected is
 * checked again. If it is in order, it is accepted, and its first deliveries are made; otherwise Refused has its problems.
 */
export async function replayEvent(
  { store, evaluator }: { readonly store: Store; readonly evaluator: Evaluator },
  scope: Scope,
  input: ReplayInput,
): Promise<Delivery[]> {
  const id = parseId('evt', input.id)
  const event = id && (await store.em().findOne(Event, { id, ...scope }))
  if (!event) throw notFound(`event ${input.id}`, ['input', 'id'])
  const wanted = input.destinationIds == null ? undefined : parseDestinations(input.destinationIds)
  const made = await store.transaction(async (tx) => {
    const organization = idToUuid(event.organizationId)
    if (!(await lockOrganizations(tx, [organization])).has(organization)) {
      throw refused('NOT_FOUND', 'the organization was deleted', ['input', 'id'])
    }
    const { trigger, dueInMs, problems } = await admit(tx, evaluator, event)
    // Returned, not thrown: they are to be committed.
    if (problems.length > 0) return { problems }
    const destinations = await findDestinations(tx, event, { wanted, given: input.destinationIds })
    const rows = destinations.map((one) => ({ ...one, deliveryId: newId('dlv') }))
    const inserted = rows.map((row) => ({ ...row, id: idToUuid(row.deliveryId) }))
    await insertReplays(tx, { eventId: idToUuid(event.id), trigger, dueInMs, deliveries: inserted })
    await enqueue(
      tx,
      inserted.filter((row) => row.skipReason === null).map((row) => ({ ...row, dueInMs })),
    )
    return { ids: rows.map((row) => row.deliveryId) }
  })
  if (made.problems) throw new Refused(...made.problems)
  const stored = new Map((await store.em().find(Delivery, { id: { $in: made.ids } })).map((one) => [one.id, one]))
  return made.ids.map((one) => stored.get(one)!)
}

interface Admission {
  /** EVENT when these are the event's first deliveries. */
  readonly trigger: 'EVENT' | 'REPLAY'
  readonly dueInMs: number
  /** Why it stays rejected, at the paths of the mutation; empty when it may be sent. */
  readonly problems: readonly Problem[]
}

/** Holds the event, so that of two replays at once only one accepts it. */
async function admit(
  tx: Transaction,
  evaluator: Evaluator,
  { id, applicationId, type, status }: Event,
): Promise<Admission> {
  const locked = await lockEvent(tx, idToUuid(id))
  if (!locked) throw notFound(`event ${id}`, ['input', 'id'])
  if (locked.data === null) throw refused('NOT_RETRYABLE', 'its data is no longer kept', ['input', 'id'])
  if (locked.isUnchecked)
    throw refused('NOT_RETRYABLE', 'a worker has yet to check it and make its deliveries', ['input', 'id'])
  if (locked.status === 'ACCEPTED') {
    // Its deliveries are on their way by the other replay. A caller that knows of them may ask for more.
    if (status === 'REJECTED') throw refused('CONFLICT', 'was accepted by another replay meanwhile', ['input', 'id'])
    return { trigger: 'REPLAY', dueInMs: 0, problems: [] }
  }
  const { dataBytes, deliverAt, dueInMs } = locked
  const event = { applicationId: idToUuid(applicationId), type, dataBytes, deliverAt: deliverAt ?? undefined }
  const [found] = await checkStored(tx, createCatalogue(evaluator), [{ event, data: readJson(locked.data) }])
  const problems = boundProblems(found!)
  if (problems.length === 0) await markAccepted(tx, idToUuid(id))
  else await markRejected(tx, [{ id: idToUuid(id), problems }])
  const atInput = problems.map((one) => ({ ...one, path: ['input', 'id', ...one.path] }))
  return { trigger: 'EVENT', dueInMs, problems: atInput }
}

async function findDestinations(
  tx: Sql,
  { organizationId, type }: Event,
  { wanted, given }: { wanted: readonly Uuid<'dst'>[] | undefined; given: ReplayInput['destinationIds'] },
): Promise<Subscribed[]> {
  const found = await findSubscribed(tx, {
    organizationId: idToUuid(organizationId),
    type,
    destinationIds: wanted,
  })
  if (!wanted) return found
  const known = new Map(found.map((one) => [one.destinationId, one]))
  const unknown = wanted.findIndex((one) => !known.has(one))
  if (unknown >= 0) {
    const message = `the event's organization has no destination ${given![unknown]}`
    throw refused('NOT_FOUND', message, ['input', 'destinationIds', String(unknown)])
  }
  return [...new Set(wanted)].map((one) => known.get(one)!)
}

function parseDestinations(ids: readonly string[]): Uuid<'dst'>[] {
  const path = ['input', 'destinationIds']
  if (ids.length === 0) throw refused('REQUIRED', 'holds no destination', path)
  if (ids.length > MAX_DESTINATIONS) {
    throw refused('LIMIT_EXCEEDED', `holds ${ids.length} destinations; at most ${MAX_DESTINATIONS}`, path)
  }
  return ids.map((text, index) => {
    const id = parseId('dst', text)
    if (!id) throw notFound(`destination ${text}`, [...path, String(index)])
    return idToUuid(id)
  })
}
