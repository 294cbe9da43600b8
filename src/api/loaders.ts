import type { EntityName, FilterQuery } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import DataLoader from 'dataloader'
import { type FoundWarning, findConnectorWarnings } from '../deliver/connector-warnings.ts'
import { findSetupErrors } from '../destinations/connector-job-sql.ts'
import { type Id, type IdPrefix, idToUuid } from '../domain/id.ts'
import type { Scope } from '../domain/scope.ts'
import { readDestinationStats, type StatsSpan } from '../feed/stats-sql.ts'
import { ApiKey } from '../store/api-key.ts'
import { Application, DeliveryProfileVersion } from '../store/application.ts'
import { AuditEntry } from '../store/audit-entry.ts'
import { Delivery } from '../store/delivery.ts'
import { DeliveryAttempt } from '../store/delivery-attempt.ts'
import { Destination, DestinationHealth, SigningSecret } from '../store/destination.ts'
import { Event } from '../store/event.ts'
import { EventType } from '../store/event-type.ts'
import { findBodies, findBodySizes, findData } from '../store/large-text.ts'
import { countEachUpTo, findPages, type Parents } from '../store/nested-page.ts'
import { Organization } from '../store/organization.ts'
import type { CountQuery, PageQuery } from '../store/page.ts'
import { RecoveryJob } from '../store/recovery-job.ts'
import type { Store } from '../store/store.ts'

function healthOfNew(destinationId: Id<'dst'>): DestinationHealth {
  const nothing = {
    disabledReason: null,
    disabledAt: null,
    failingSince: null,
    lastSuccessAt: null,
    expressionsWaitUntil: null,
  }
  return { destinationId, health: 'HEALTHY', consecutiveFailures: 0, ...nothing }
}

/** Distinct lists; loaders of subscriptions live long. */
const MAX_LISTS = 1_000

export type Loaders = ReturnType<typeof createLoaders>

/** The row that a list hangs under, and the column of the list's rows that names it. */
export interface Parent {
  readonly property: string
  readonly id: Id<IdPrefix>
}

/**
 * Look-ups by id, one query for all of one turn. What lies outside the caller's scope is not found. Within a request
 * they remember what they found; subscriptions live too long for that, and share theirs.
 */
export function createLoaders(
  store: Store,
  { scope, remember: cache }: { scope: Scope | undefined; remember: boolean },
) {
  // All that one turn of the event loop asks for: answers of one moment are resolved in several steps.
  const options = { cache, batchScheduleFn: setImmediate }
  const own = scope ?? {}
  const ofApplication = scope && { applicationId: scope.applicationId }
  const batch = <K, V>(find: (em: EntityManager, keys: readonly K[]) => Promise<(key: K) => V>) =>
    new DataLoader<K, V, string>(
      async (keys) => {
        // Those that remember nothing are asked for the same again.
        const distinct = new Map(keys.map((key) => [String(key), key]))
        return keys.map(await find(store.em(), [...distinct.values()]))
      },
      { ...options, cacheKeyFn: String },
    )
  const byId = <T extends { id: string }>(entity: EntityName<T>, within: object = {}) =>
    batch<string, T | undefined>(async (em, ids) => {
      const rows = await em.find(entity, { $and: [{ id: { $in: ids } }, within] } as FilterQuery<T>)
      const found = new Map(rows.map((one) => [one.id as string, one as T]))
      return (id) => found.get(id)
    })
  const lists = <K extends string, V>(find: (em: EntityManager, ids: K[]) => Promise<V[]>, idOf: (row: V) => K) =>
    batch<K, V[]>(async (em, ids) => {
      const found = Map.groupBy(await find(em, [...ids]), idOf)
      return (id) => found.get(id) ?? []
    })
  const nodes = {
    app: byId<Application>(Application, scope && { id: scope.applicationId }),
    key: byId<ApiKey>(ApiKey, ofApplication),
    org: byId<Organization>(Organization, {
      ...ofApplication,
      ...(scope?.organizationId && { id: scope.organizationId }),
    }),
    ety: byId<EventType>(EventType, ofApplication),
    dst: byId<Destination>(Destination, own),
    evt: byId<Event>(Event, own),
    dlv: byId<Delivery>(Delivery, own),
    att: byId<DeliveryAttempt>(DeliveryAttempt, own),
    rec: byId<RecoveryJob>(RecoveryJob, ofApplication),
    aud: byId<AuditEntry>(AuditEntry, ofApplication),
  }
  /** A loader for each list that is asked for, whatever row it hangs under. `key` says all of the list but that row. */
  const nested = <Query, V>(find: (em: EntityManager, query: Query, parents: Parents) => Promise<V[]>) => {
    const loaders = new Map<string, DataLoader<Id<IdPrefix>, V>>()
    return ({ property, id }: Parent, key: string, query: Query): Promise<V> => {
      if (loaders.size >= MAX_LISTS) loaders.clear()
      const made = loaders.get(key)
      const loader = made ?? new DataLoader((ids) => find(store.em(), query, { property, ids }), options)
      if (!made) loaders.set(key, loader)
      return loader.load(id)
    }
  }
  const stats = nested((_, span: StatsSpan, { ids }) =>
    readDestinationStats(store, {
      applicationId: scope!.applicationId,
      destinationIds: ids as readonly Id<'dst'>[],
      span,
    }),
  )
  return {
    page: nested((em, query: PageQuery<{ id: string }>, parents) => findPages(em, { ...query, parents })),
    /** By the destination's id. */
    stats: (id: Id<'dst'>, span: StatsSpan) => stats({ property: 'id', id }, JSON.stringify(span), span),
    count: nested((em, query: CountQuery<{ id: string }>, parents) => countEachUpTo(em, { ...query, parents })),
    /** By the prefix of their ids. */
    nodes,
    application: nodes.app,
    organization: nodes.org,
    destination: nodes.dst,
    event: nodes.evt,
    delivery: nodes.dlv,
    /** By delivery and number: the last attempt has the number of the delivery's count. */
    attempt: batch<readonly [Id<'dlv'>, number], DeliveryAttempt | undefined>(async (em, keys) => {
      const $or = keys.map(([deliveryId, number]) => ({ deliveryId, number }))
      const found = new Map(
        (await em.find(DeliveryAttempt, { $or })).map((row) => [`${row.deliveryId},${row.number}`, row]),
      )
      return (key) => found.get(String(key))
    }),
    /** The caller charges the event's dataBytes first. Undefined once the data is no longer kept. */
    eventData: batch<Id<'evt'>, string | undefined>(async (_, ids) => {
      const found = await findData(store.reads, ids)
      return (id) => found.get(id)
    }),
    /** Undefined when the body was the envelope. */
    requestBodyBytes: batch<Id<'att'>, number | undefined>(async (_, ids) => {
      const found = await findBodySizes(store.reads, ids)
      return (id) => found.get(id)
    }),
    /** Charge its size first. */
    requestBody: batch<Id<'att'>, string | undefined>(async (_, ids) => {
      const found = await findBodies(store.reads, ids)
      return (id) => found.get(id)
    }),
    health: batch<Id<'dst'>, DestinationHealth>(async (em, ids) => {
      const rows = await em.find(DestinationHealth, { destinationId: { $in: [...ids] } })
      const found = new Map(rows.map((row) => [row.destinationId, row]))
      // Deleted since its destination was read: as a new one has it.
      return (id) => found.get(id) ?? healthOfNew(id)
    }),
    /** Newest first. */
    signingSecrets: lists<Id<'dst'>, SigningSecret>(
      (em, ids) => {
        const isLive = { $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date() } }] }
        return em.find(SigningSecret, { destinationId: { $in: ids }, ...isLive }, { orderBy: { id: 'desc' } })
      },
      (row) => row.destinationId,
    ),
    /** Newest first. */
    apiKeys: lists<Id<'app'>, ApiKey>(
      (em, ids) => em.find(ApiKey, { applicationId: { $in: ids } }, { orderBy: { id: 'desc' } }),
      (row) => row.applicationId,
    ),
    /** By the connector's key; those of all versions. */
    connectorWarnings: lists<string, FoundWarning>(
      () => findConnectorWarnings(store.reads),
      (row) => row.connector,
    ),
    /** What setting up said last, while it has not succeeded. */
    setupError: batch<Id<'dst'>, string | undefined>(async (_, ids) => {
      const found = await findSetupErrors(store.reads, ids.map(idToUuid))
      return (id) => found.get(idToUuid(id))
    }),
    operationsOrganization: batch<Id<'app'>, Organization>(async (em, ids) => {
      const rows = await em.find(Organization, { applicationId: { $in: [...ids] }, isOperations: true })
      const found = new Map(rows.map((row) => [row.applicationId, row]))
      return (id) => found.get(id)!
    }),
    profileVersion: batch<readonly [Id<'app'>, number], DeliveryProfileVersion | undefined>(async (em, keys) => {
      const $or = keys.map(([applicationId, version]) => ({ applicationId, version }))
      const found = new Map(
        (await em.find(DeliveryProfileVersion, { $or })).map((row) => [`${row.applicationId},${row.version}`, row]),
      )
      return (key) => found.get(String(key))
    }),
  }
}
