import { type ConnectorRegistry, keysWithOnDelete } from '../connector/registry.ts'
import { deleteDestinations } from '../deliver/remove-destination-sql.ts'
import { type Id, idToUuid } from '../domain/id.ts'
import type { Scope } from '../domain/scope.ts'
import { freeStranded } from '../queue/waiting.ts'
import { findDestination } from '../store/destination.ts'
import type { Store } from '../store/store.ts'

const FREED_AT_ONCE = 500

export async function deleteDestination(
  { store, connectors }: { store: Store; connectors: ConnectorRegistry },
  scope: Scope,
  text: string,
): Promise<Id<'dst'>> {
  const { id } = await findDestination(store.em(), scope, text)
  const removal = { ids: [idToUuid(id)], withOnDelete: keysWithOnDelete(connectors) }
  await store.transaction(async (tx) => {
    await deleteDestinations(tx, removal, store.actor)
    tx.wake('connector')
  })
  // A long line is freed by the workers' sweep.
  await freeStranded(store.sql, FREED_AT_ONCE)
  return id
}
