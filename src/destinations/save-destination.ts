import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { readyConnector } from '../connector/registry.ts'
import { dropMemos } from '../deliver/connector-memo-sql.ts'
import { idToUuid } from '../domain/id.ts'
import type { Destination } from '../store/destination.ts'
import { askForSetup } from './connector-job-sql.ts'
import type { DestinationParts } from './destination-parts.ts'

interface Change {
  readonly destination: Destination
  /** Whether it concerns what the connector sets up at its service. */
  readonly changesSetup: boolean
  /** Whether it leads to another service. */
  readonly isMoved?: boolean
  /** Throws what refuses it, in the transaction that stores it. */
  readonly check?: () => Promise<void>
}

/**
 * Stores what has changed. In the same transaction the connector is asked to set up at its service what it needs there, and
 * what it remembered of another service, such as a token, is forgotten.
 */
export async function saveDestination(
  { store, connectors }: DestinationParts,
  em: SqlEntityManager,
  { destination, changesSetup, isMoved = false, check }: Change,
): Promise<void> {
  const isAsked = changesSetup && readyConnector(connectors, destination.connector)?.definition.onCreate !== undefined
  if (!isAsked && !isMoved && !check) return em.flush()
  await em.begin()
  try {
    await check?.()
    await em.flush()
    if (isMoved) await dropMemos(em, idToUuid(destination.id))
    if (isAsked) await askForSetup(em, idToUuid(destination.id))
    await em.commit()
  } catch (error) {
    await em.rollback()
    throw error
  }
  if (isAsked) store.notifier.wake('connector')
}
