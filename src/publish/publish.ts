import { type Id, idFromUuid, type Uuid } from '../domain/id.ts'
import { type Problem, refused, Unavailable } from '../domain/refused.ts'
import { enqueue } from '../queue/enqueue.ts'
import { coalesce } from '../store/batch.ts'
import { Event } from '../store/event.ts'
import { newUuid } from '../store/new-id.ts'
import { isDataError, isUnavailable, type Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import { claimIdempotencyKeys, type KeyClaim, keyOf } from './idempotency-key-sql.ts'
import { type CheckedRequest, checkRequest, type PublishRequest } from './publish-request.ts'
import { type NewEvent, publishEvents } from './publish-sql.ts'

/** Most events of one call, and of one transaction. */
const MAX_EVENTS = 1_000
const MAX_WAITING_CALLS = 20_000
/** This number of bytes of data weighs as much as an event: a transaction holds 16 MB at most. */
const BYTES_PER_WEIGHT = 16_384

/** The event, or what was wrong with the request; `path` of a problem starts at the request. */
export type PublishResult =
  | { readonly event: Event; readonly duplicate: boolean; readonly problems: readonly [] }
  | { readonly event: null; readonly duplicate: false; readonly problems: readonly Problem[] }

/** Durable when it resolves. All requests of one call are stored, or none of them. */
export type Publish = (applicationId: Id<'app'>, requests: readonly PublishRequest[]) => Promise<PublishResult[]>

interface Call {
  readonly applicationId: Id<'app'>
  readonly requests: readonly CheckedRequest[]
}

export function createPublish(store: Store): Publish {
  const catalogue = createCatalogue()
  const publishCall = coalesce<Call, PublishResult[]>({
    flush: (calls) => publishCalls({ store, catalogue }, calls),
    maxWeight: MAX_EVENTS,
    weigh: ({ requests }) => requests.reduce((sum, request) => sum + 1 + request.dataBytes / BYTES_PER_WEIGHT, 0),
    maxWaiting: MAX_WAITING_CALLS,
    overflow: () => new Unavailable('Too many publishes are waiting; try again'),
    splitOn: (error) => isDataError(error) || error instanceof OrganizationGone,
  })
  return async (applicationId, requests) => {
    if (requests.length > MAX_EVENTS) {
      throw refused('LIMIT_EXCEEDED', `holds ${requests.length} events; at most ${MAX_EVENTS} go into one call`, [])
    }
    const checked = requests.map((request) => checkRequest(applicationId, request))
    if (checked.some((one) => 'problems' in one)) {
      return refuseAll(checked.map((one) => ('problems' in one ? one.problems : [])))
    }
    try {
      return await publishCall({ applicationId, requests: checked as CheckedRequest[] })
    } catch (error) {
      if (error instanceof OrganizationGone) return refuseAll(requests.map(() => [organizationGone]))
      throw isUnavailable(error) ? new Unavailable('The database is not available', { cause: error }) : error
    }
  }
}

interface PublishParts {
  readonly store: Store
  readonly catalogue: Catalogue
}

/** One transaction for all calls of a batch; what was refused is left out of it. */
async function publishCalls(parts: PublishParts, calls: readonly Call[]): Promise<PublishResult[][]> {
  const { store, catalogue } = parts
  const checks = await catalogue.check(
    store.sql,
    calls.flatMap((call) => call.requests),
  )
  const plans = calls.map((call) => {
    const own = call.requests.map((request) => checks.get(request)!)
    const refused = own.some((check) => check.problems.length > 0)
    const events = refused ? [] : call.requests.map((request, i) => newEvent(request, own[i]!.organizationUuid))
    return { own, refused, events }
  })
  const wanted = plans.flatMap((plan) => plan.events)
  const duplicates = wanted.length > 0 ? await store.transaction((tx) => storeEvents(tx, wanted)) : undefined
  const earlier = await findEarlier(store, duplicates ?? new Map())
  return plans.map(({ own, refused, events }) =>
    refused
      ? refuseAll(own.map((check) => check.problems))
      : events.map((event) => {
          if (!duplicates?.has(event.id)) return { event: toEvent(event), duplicate: false, problems: [] }
          const first = earlier.get(event.id)
          return first
            ? { event: first, duplicate: true, problems: [] }
            : { event: null, duplicate: false, problems: [keyWithoutEvent] }
        }),
  )
}

const keyWithoutEvent: Problem = {
  code: 'CONFLICT',
  message: 'was used within 24 h for an event that is no longer kept',
  path: ['idempotencyKey'],
}

/** Deleted between the look at the catalogue and the transaction. */
class OrganizationGone extends Error {}

const organizationGone: Problem = {
  code: 'NOT_FOUND',
  message: 'one of the organizations was deleted',
  path: ['organizationId'],
}

/**
 * Everything that a publish commits: keys, events, deliveries, jobs. Returns, of events that were not stored, the one that
 * has their idempotency key.
 */
async function storeEvents(tx: Transaction, wanted: NewEvent[]): Promise<ReadonlyMap<Uuid<'evt'>, Uuid<'evt'>>> {
  const duplicates = await findDuplicates(tx, wanted)
  const fresh = wanted.filter((event) => !duplicates.has(event.id))
  if (fresh.length === 0) return duplicates
  const { organizations, queued, held } = await publishEvents(tx, fresh)
  if (organizations < new Set(fresh.map((event) => event.organizationId)).size) throw new OrganizationGone()
  // The statement has inserted the jobs of deliveries that can run now.
  if (held.length > 0) await enqueue(tx, held)
  if (queued > 0) tx.wake('due')
  return duplicates
}

/** Of events whose idempotency key another event has: that event's id. */
async function findDuplicates(tx: Sql, wanted: readonly NewEvent[]): Promise<Map<Uuid<'evt'>, Uuid<'evt'>>> {
  const claims = new Map<string, KeyClaim>()
  for (const event of wanted) {
    if (event.idempotencyKey === null) continue
    const claim = { applicationId: event.applicationId, key: event.idempotencyKey, eventId: event.id }
    if (!claims.has(keyOf(claim))) claims.set(keyOf(claim), claim)
  }
  if (claims.size === 0) return new Map()
  const owners = await claimIdempotencyKeys(tx, [...claims.values()])
  const duplicates = new Map<Uuid<'evt'>, Uuid<'evt'>>()
  for (const { id, applicationId, idempotencyKey } of wanted) {
    const owner = idempotencyKey === null ? id : owners.get(keyOf({ applicationId, key: idempotencyKey }))
    if (!owner) throw new Error('An idempotency key that was claimed has no owner')
    if (owner !== id) duplicates.set(id, owner)
  }
  return duplicates
}

async function findEarlier(
  store: Store,
  duplicates: ReadonlyMap<Uuid<'evt'>, Uuid<'evt'>>,
): Promise<Map<Uuid<'evt'>, Event>> {
  if (duplicates.size === 0) return new Map()
  const ids = [...duplicates.values()].map((uuid) => idFromUuid('evt', uuid))
  // Not on the connections of reads: a publish waits for nobody's queries.
  const found = await store.em().find(Event, { id: { $in: ids } }, { connectionType: 'write' })
  const events = new Map(found.map((event) => [event.id, event]))
  return new Map(
    [...duplicates].flatMap(([id, owner]) => {
      const event = events.get(idFromUuid('evt', owner))
      return event ? [[id, event]] : []
    }),
  )
}

/** All or none: where one request is refused, the others are told that they were not stored either. */
function refuseAll(problems: readonly (readonly Problem[])[]): PublishResult[] {
  const notStored: Problem = {
    code: 'NOT_STORED',
    message: 'was fine, but another event of the call was refused, so none was stored',
    path: [],
  }
  return problems.map((own) => ({ event: null, duplicate: false, problems: own.length > 0 ? own : [notStored] }))
}

function newEvent(request: CheckedRequest, organizationUuid: Uuid<'org'>): NewEvent {
  return {
    id: newUuid(),
    applicationId: request.applicationUuid,
    organizationId: organizationUuid,
    type: request.type,
    data: request.dataJson,
    dataBytes: request.dataBytes,
    idempotencyKey: request.idempotencyKey,
    isTest: false,
    deliverAt: request.deliverAt,
  }
}

function toEvent(event: NewEvent): Event {
  return {
    ...event,
    id: idFromUuid('evt', event.id),
    applicationId: idFromUuid('app', event.applicationId),
    organizationId: idFromUuid('org', event.organizationId),
    deliverAt: event.deliverAt ?? null,
    status: 'ACCEPTED',
    problems: null,
  } as Event
}
