import type { EntityManager } from '@mikro-orm/core'
import DataLoader from 'dataloader'
import type { Id } from '../domain/id.ts'
import { Application, DeliveryProfileVersion } from '../store/application.ts'
import { Delivery } from '../store/delivery.ts'
import { DeliveryAttempt } from '../store/delivery-attempt.ts'
import { Destination, DestinationHealth, SigningSecret } from '../store/destination.ts'
import { Event } from '../store/event.ts'
import { Organization } from '../store/organization.ts'
import type { Store } from '../store/store.ts'

function healthOfNew(destinationId: Id<'dst'>): DestinationHealth {
  const nothing = { disabledReason: null, disabledAt: null, failingSince: null, lastSuccessAt: null }
  return { destinationId, health: 'HEALTHY', consecutiveFailures: 0, ...nothing }
}

export type Loaders = ReturnType<typeof createLoaders>

/**
 * Look-ups by id, one query for all of one turn. What belongs to another application is not found. Within a request
 * they remember what they found; a subscription lives too long for that.
 */
export function createLoaders(
  store: Store,
  { applicationId, remember: cache }: { applicationId: Id<'app'> | undefined; remember: boolean },
) {
  const own = applicationId ? { applicationId } : {}
  const byId = <T extends { id: string }>(find: (em: EntityManager, ids: string[]) => Promise<T[]>) =>
    new DataLoader<string, T | undefined>(
      async (ids) => {
        const found = new Map((await find(store.em(), [...ids])).map((one) => [one.id, one]))
        return ids.map((id) => found.get(id))
      },
      { cache },
    )
  return {
    application: byId<Application>((em, ids) => em.find(Application, { id: { $in: ids as Id<'app'>[] } })),
    organization: byId<Organization>((em, ids) => em.find(Organization, { id: { $in: ids as Id<'org'>[] }, ...own })),
    destination: byId<Destination>((em, ids) => em.find(Destination, { id: { $in: ids as Id<'dst'>[] }, ...own })),
    event: byId<Event>((em, ids) => em.find(Event, { id: { $in: ids as Id<'evt'>[] }, ...own })),
    delivery: byId<Delivery>((em, ids) => em.find(Delivery, { id: { $in: ids as Id<'dlv'>[] }, ...own })),
    /** By delivery and number: the last attempt has the number of the delivery's count. */
    attempt: new DataLoader<readonly [Id<'dlv'>, number], DeliveryAttempt | undefined, string>(
      async (keys) => {
        const rows = await store.em().find(DeliveryAttempt, {
          $or: keys.map(([deliveryId, number]) => ({ deliveryId, number })),
        })
        const found = new Map(rows.map((row) => [`${row.deliveryId} ${row.number}`, row]))
        return keys.map((key) => found.get(key.join(' ')))
      },
      { cache, cacheKeyFn: (key) => key.join(' ') },
    ),
    health: new DataLoader<Id<'dst'>, DestinationHealth>(
      async (ids) => {
        const rows = await store.em().find(DestinationHealth, { destinationId: { $in: [...ids] } })
        const found = new Map(rows.map((row) => [row.destinationId, row]))
        // Deleted since its destination was read: as a new one has it.
        return ids.map((id) => found.get(id) ?? healthOfNew(id))
      },
      { cache },
    ),
    signingSecrets: new DataLoader<Id<'dst'>, SigningSecret[]>(
      async (ids) => {
        const now = new Date()
        const rows = await store.em().find(
          SigningSecret,
          {
            destinationId: { $in: [...ids] },
            $or: [{ expiresAt: null }, { expiresAt: { $gt: now } }],
          },
          { orderBy: { id: 'desc' } },
        )
        return ids.map((id) => rows.filter((row) => row.destinationId === id))
      },
      { cache },
    ),
    profileVersion: new DataLoader<readonly [Id<'app'>, number], DeliveryProfileVersion | undefined, string>(
      async (keys) => {
        const rows = await store.em().find(DeliveryProfileVersion, {
          $or: keys.map(([application, version]) => ({ applicationId: application, version })),
        })
        return keys.map(([application, version]) =>
          rows.find((row) => row.applicationId === application && row.version === version),
        )
      },
      { cache, cacheKeyFn: (key) => key.join(' ') },
    ),
  }
}
