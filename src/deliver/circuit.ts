import { maxHeldMs } from '../domain/circuit.ts'
import type { LoadedDestination } from './destination-cache.ts'
import type { PendingRow } from './load-sql.ts'

/** True while the destination's circuit is open, except for the probe and for a person's test. */
export function isBehindCircuit(delivery: PendingRow, destination: LoadedDestination): boolean {
  return destination.isCircuitOpen && delivery.trigger !== 'TEST' && delivery.id !== destination.probeDeliveryId
}

/** True of a delivery that an open circuit has held for as long as its whole schedule would have lasted. */
export function isHeldTooLong(delivery: PendingRow, destination: LoadedDestination): boolean {
  return isBehindCircuit(delivery, destination) && delivery.lateMs > maxHeldMs(destination.profile.retryDelays)
}
