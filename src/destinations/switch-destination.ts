import { idToUuid } from '../domain/id.ts'
import type { Scope } from '../domain/scope.ts'
import { closeCircuit } from '../queue/hold.ts'
import { addAudit } from '../store/audit-entry.ts'
import { type Destination, DestinationHealth, findDestination } from '../store/destination.ts'
import type { Store } from '../store/store.ts'

/** Switches on, and forgets what the system held against it. */
export async function enableDestination(store: Store, scope: Scope, id: string): Promise<Destination> {
  const em = store.em()
  const destination = await findDestination(em, scope, id)
  switchActive(destination, true)
  const health = await em.findOneOrFail(DestinationHealth, { destinationId: destination.id })
  Object.assign(health, {
    health: 'HEALTHY',
    disabledReason: null,
    disabledAt: null,
    consecutiveFailures: 0,
    failingSince: null,
  })
  addAudit(em, { applicationId: destination.applicationId, action: 'DESTINATION_ENABLED', objectId: destination.id })
  await em.flush()
  await closeCircuit(store.sql, idToUuid(destination.id))
  return destination
}

export async function disableDestination(store: Store, scope: Scope, id: string): Promise<Destination> {
  const em = store.em()
  const destination = await findDestination(em, scope, id)
  switchActive(destination, false)
  await em.flush()
  return destination
}

/** What is stored of the person's switch: since when it is off, and null while it is on. */
export function inactiveSince(destination: Pick<Destination, 'inactiveSince'>, active: boolean): Date | null {
  return active ? null : (destination.inactiveSince ?? new Date())
}

function switchActive(destination: Destination, active: boolean): void {
  destination.inactiveSince = inactiveSince(destination, active)
  destination.updatedAt = new Date()
}
