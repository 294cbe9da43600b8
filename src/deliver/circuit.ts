import { patienceMs } from '../domain/circuit.ts'
import type { LoadedDestination } from './destination-cache.ts'
import type { PendingRow } from './load-sql.ts'

/** True while the destination cannot be reached, but for the delivery that probes and for a person's test. */
export function isBehindCircuit(delivery: PendingRow, destination: LoadedDestination): boolean {
  return destination.isCircuitOpen && delivery.trigger !== 'TEST' && delivery.id !== destination.probeDeliveryId
}

/** True of a delivery that was held back for as long as its whole schedule would have lasted. */
export function isOutOfPatience(delivery: PendingRow, destination: LoadedDestination): boolean {
  return isBehindCircuit(delivery, destination) && delivery.lateMs > patienceMs(destination.profile.retryDelays)
}
