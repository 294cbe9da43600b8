import type { Lease } from '../queue/jobs.ts'
import type { Store } from '../store/store.ts'
import type { PendingDelivery } from './attempt-result.ts'
import { createDestinationCache } from './destination-cache.ts'
import { findEventData, findPending } from './load-sql.ts'

export interface LoadedPending {
  readonly found: readonly PendingDelivery[]
  /** Jobs without a delivery: its partition is gone. */
  readonly orphans: readonly Lease[]
}

/** Loads what a batch of leases needs: deliveries, events and destinations by one query each. */
export function createLoadPending(
  store: Store,
  onError: (error: unknown) => void,
): (leases: readonly Lease[]) => Promise<LoadedPending> {
  const loadDestinations = createDestinationCache(store, onError)
  return async (leases) => {
    if (leases.length === 0) return { found: [], orphans: [] }
    const rows = await findPending(
      store.sql,
      leases.map((lease) => lease.id),
    )
    const [data, destinations] = await Promise.all([
      findEventData(store.sql, unique(rows.map((row) => row.eventId))),
      loadDestinations(unique(rows.map((row) => row.destinationId))),
    ])
    const leaseOf = new Map(leases.map((lease) => [lease.id, lease]))
    const found = rows.map((delivery) => ({
      lease: leaseOf.get(delivery.id)!,
      delivery,
      eventData: data.get(delivery.eventId) ?? null,
      destination: destinations.get(delivery.destinationId),
    }))
    for (const row of rows) leaseOf.delete(row.id)
    return { found, orphans: [...leaseOf.values()] }
  }
}

function unique<T>(ids: readonly T[]): T[] {
  return [...new Set(ids)]
}
