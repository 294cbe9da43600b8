import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { readyConnector } from '../connector/registry.ts'
import { idToUuid } from '../domain/id.ts'
import type { Destination } from '../store/destination.ts'
import { askForSetup } from './connector-job-sql.ts'
import type { DestinationParts } from './destination-parts.ts'

/**
 * Stores what has changed. When that concerns what the connector sets up at its service, it is asked to do so in the same
 * transaction.
 */
export async function saveDestination(
  { store, connectors }: DestinationParts,
  em: SqlEntityManager,
  { destination, changesSetup }: { destination: Destination; changesSetup: boolean },
): Promise<void> {
  const onCreate = readyConnector(connectors, destination.connector)?.definition.onCreate
  if (!changesSetup || !onCreate) return em.flush()
  await em.begin()
  try {
    await em.flush()
    await askForSetup(em, idToUuid(destination.id))
    await em.commit()
  } catch (error) {
    await em.rollback()
    throw error
  }
  store.notifier.wake('connector')
}
