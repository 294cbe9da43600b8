import { type Id, idFromUuid, type Uuid } from '../domain/id.ts'
import { type Problem, refused, Unavailable } from '../domain/refused.ts'
import type { Evaluator } from '../evaluate/evaluator.ts'
import { enqueue } from '../queue/enqueue.ts'
import { coalesce } from '../store/batch.ts'
import { Event } from '../store/event.ts'
import { newUuid } from '../store/new-id.ts'
import { isUnavailable } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import { type ClaimedKeys, claimKeys, isConflicting } from './claim-keys.ts'
import { type CheckedRequest, checkRequest, type PublishRequest } from './publish-request.ts'
import { type NewEvent, publishEvents } from './publish-sql.ts'

/** Most events of one call, and of one transaction. */
const MAX_EVENTS = 1_000
const MAX_WAITING_CALLS = 20_000
/** How often the data of a call is checked, while the schemas of its types change. */
const MAX_CHECKS = 5
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

export function createPublish(store: Store, evaluator: Evaluator): Publish {
  const catalogue = createCatalogue(evaluator)
  const publishCall = coalesce<Call, PublishResult[] | Unchecked>({
    flush: (calls) => publishCalls({ store, catalogue }, calls),
    maxWeight: MAX_EVENTS,
    weigh: ({ requests }) => requests.reduce((sum, request) => sum + 1 + request.dataBytes / BYTES_PER_WEIGHT, 0),
    maxWaiting: MAX_WAITING_CALLS,
    overflow: () => new Unavailable('Too many publishes are waiting; try again'),
    // One of them is at fault. It fails alone, and the others go on.
    splitOn: (error) => !isUnavailable(error),
  })

  /** Data that takes long is checked while nobody else waits for it. */
  async function publishChecked(call: Call): Promise<PublishResult[]> {
    for (let tries = 0; tries < MAX_CHECKS; tries += 1) {
      const result = await publishCall(call)
      if (!('unchecked' in result)) return result
      await catalogue.checkLong(result.unchecked)
    }
    throw new Unavailable('The event type changes while its data is checked; try again')
  }

  return async (applicationId, requests) => {
    if (requests.length > MAX_EVENTS) {
      throw refused('LIMIT_EXCEEDED', `holds ${requests.length} events; at most ${MAX_EVENTS} go into one call`, [])
    }
    const checked = requests.map((request) => checkRequest(applicationId, request))
    if (checked.some((one) => 'problems' in one)) {
      return refuseAll(checked.map((one) => ('problems' in one ? one.problems : [])))
    }
    try {
      return await publishChecked({ applicationId, requests: checked as CheckedRequest[] })
    } catch (error) {
      if (error instanceof OrganizationGone) return refuseAll(requests.map(() => [organizationGone]))
      throw isUnavailable(error) ? new Unavailable('The database is not available', { cause: error }) : error
    }
  }
}

/** A call that is not stored yet: data of these requests is to be checked in another process. */
interface Unchecked {
  readonly unchecked: readonly CheckedRequest[]
}

interface PublishParts {
  readonly store: Store
  readonly catalogue: Catalogue
}

/** One transaction for all calls of a batch; what was refused is left out of it. */
async function publishCalls(parts: PublishParts, calls: readonly Call[]): Promise<(PublishResult[] | Unchecked)[]> {
  const { store, catalogue } = parts
  const checks = await catalogue.check(
    store.sql,
    calls.flatMap((call) => call.requests),
  )
  const plans = calls.map((call) => {
    const own = call.requests.map((request) => checks.get(request)!)
    const unchecked = call.requests.filter((request) => !checks.get(request)!.problems)
    const refused = own.some((check) => check.problems && check.problems.length > 0)
    const events =
      refused || unchecked.length > 0
        ? []
        : call.requests.map((request, i) => newEvent(request, own[i]!.organizationUuid))
    return { own, unchecked, refused, events }
  })
  const wanted = plans.map((plan) => plan.events).filter((events) => events.length > 0)
  const claimed = wanted.length > 0 ? await store.transaction((tx) => storeEvents(tx, wanted)) : undefined
  const earlier = await findEarlier(store, claimed?.duplicates ?? new Map())
  return plans.map(({ own, unchecked, refused, events }) => {
    if (unchecked.length > 0) return { unchecked }
    if (refused) return refuseAll(own.map((check) => check.problems!))
    if (claimed && isConflicting(claimed, events))
      return refuseAll(events.map(({ id }) => (claimed.conflicts.has(id) ? [keyOfOther] : [])))
    return events.map((event) => {
      if (!claimed?.duplicates.has(event.id)) return { event: toEvent(event), duplicate: false, problems: [] }
      const first = earlier.get(event.id)
      return first
        ? { event: first, duplicate: true, problems: [] }
        : { event: null, duplicate: false, problems: [keyWithoutEvent] }
    })
  })
}

const keyWithoutEvent: Problem = {
  code: 'CONFLICT',
  message: 'was used within 24 h for an event that is no longer kept',
  path: ['idempotencyKey'],
}

const keyOfOther: Problem = {
  code: 'CONFLICT',
  message: 'was used within 24 h for an event of another type or with other data: give each event a key of its own',
  path: ['idempotencyKey'],
}

/** Deleted between the look at the catalogue and the transaction. */
class OrganizationGone extends Error {}

const organizationGone: Problem = {
  code: 'NOT_FOUND',
  message: 'one of the organizations was deleted',
  path: ['organizationId'],
}

/** Everything that a publish commits: keys, events, deliveries, jobs. Of a call with a conflict nothing is stored. */
async function storeEvents(tx: Transaction, calls: readonly NewEvent[][]): Promise<ClaimedKeys> {
  const claimed = await claimKeys(tx, calls)
  const accepted = calls.filter((call) => !isConflicting(claimed, call)).flat()
  const fresh = accepted.filter((event) => !claimed.duplicates.has(event.id))
  if (fresh.length === 0) return claimed
  const { organizations, queued, held } = await publishEvents(tx, fresh)
  if (organizations < new Set(fresh.map((event) => event.organizationId)).size) throw new OrganizationGone()
  // The statement has inserted the jobs of deliveries that can run now.
  if (held.length > 0) await enqueue(tx, held)
  if (queued > 0) tx.wake('due')
  return claimed
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
