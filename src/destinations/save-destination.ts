import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { readyConnector } from '../connector/registry.ts'
import { idToUuid } from '../domain/id.ts'
import type { Destination } from '../store/destination.ts'
import { askForSetup } from './connector-job-sql.ts'
import type { DestinationParts } from './destination-parts.ts'

interface Saved {
  readonly destination: Destination
  readonly changesSetup: boolean
  /** Throws what refuses it, in the transaction that stores it. */
  readonly check?: () => Promise<void>
}

/**
 * Stores what has changed. When that concerns what the connector sets up at its service, it is asked to do so in the same
 * transaction.
 */
export async function saveDestination(
  { store, connectors }: DestinationParts,
  em: SqlEntityManager,
  { destination, changesSetup, check }: Saved,
): Promise<void> {
  const asks = changesSetup && readyConnector(connectors, destination.connector)?.definition.onCreate !== undefined
  if (!asks && !check) return em.flush()
  await em.begin()
  try {
    await check?.()
    await em.flush()
    if (asks) await askForSetup(em, idToUuid(destination.id))
    await em.commit()
  } catch (error) {
    await em.rollback()
    throw error
  }
  if (asks) store.notifier.wake('connector')
}
