import { holdBack } from '../queue/hold.ts'
import { finishLeases } from '../queue/jobs.ts'
import { LIVE_POSITION, RECOVERED_POSITION } from '../queue/waiting.ts'
import type { Store } from '../store/store.ts'
import type { PendingDelivery } from './attempt-result.ts'

/** Gives leases up for a place behind the gates of their destinations. One that was lost is left alone. */
export async function holdLeases(store: Store, pendings: readonly PendingDelivery[]): Promise<void> {
  await store.transaction(async (tx) => {
    const held = await finishLeases(
      tx,
      pendings.map(({ lease }) => lease),
    )
    const rows = pendings.flatMap(({ delivery }) => {
      const place = held.get(delivery.id)
      if (place === undefined) return []
      const { id: deliveryId, destinationId, lateMs } = delivery
      const own = delivery.trigger === 'RECOVERY' ? RECOVERED_POSITION : LIVE_POSITION
      return [{ deliveryId, destinationId, lateMs, position: place || own }]
    })
    await holdBack(tx, rows)
  })
}
