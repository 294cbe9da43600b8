import { type ConnectorRegistry, keysWithOnDelete } from '../connector/registry.ts'
import { removeDestinations } from '../deliver/remove-destination-sql.ts'
import { type Id, idToUuid, parseId, type Uuid } from '../domain/id.ts'
import { NIL_UUID } from '../domain/nil-uuid.ts'
import { notFound, refused } from '../domain/refused.ts'
import { eraseStats } from '../feed/stats-sql.ts'
import { insertAudit } from '../store/audit-entry.ts'
import { Destination } from '../store/destination.ts'
import { findOperationsId } from '../store/operations.ts'
import { Organization } from '../store/organization.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { eraseDeliveries, eraseEvents, eraseNotices, eraseOrganization } from './erasure-sql.ts'

/**
 * Deletes an organization with all that is its own. In chunks at first, so that no transaction is long; at the end the
 * organization, which ends publishing for it, with what came in between. A call that was cut off can be made again.
 */
export async function deleteOrganization(
  { store, connectors }: { store: Store; connectors: ConnectorRegistry },
  applicationId: Id<'app'>,
  text: string,
): Promise<Id<'org'>> {
  const em = store.em()
  const id = parseId('org', text)
  const organization = id && (await em.findOne(Organization, { id, applicationId }))
  if (!organization) {
    throw notFound(`organization ${text}`, ['input', 'id'])
  }
  if (organization.isOperations) {
    const message = 'is the operations organization, which every application has'
    throw refused('CONFLICT', message, ['input', 'id'])
  }
  const destinations = await em.find(Destination, { organizationId: organization.id }, { fields: ['id', 'connector'] })
  const ids = destinations.map((one) => idToUuid(one.id))
  const removal = { ids, withOnDelete: keysWithOnDelete(connectors) }
  await store.transaction(async (tx) => {
    await removeDestinations(tx, removal)
    tx.wake('connector')
  })
  const uuid = idToUuid(organization.id)
  // While the organization is still there, so that a call that is cut off here can be made again.
  await eraseMentions(store, applicationId, organization.id)
  while (await store.transaction((tx) => eraseChunk(tx, uuid)));
  await store.transaction(async (tx) => {
    await eraseOrganization(tx, uuid)
    const done = { applicationId, action: 'ORGANIZATION_DELETED', objectId: organization.id } as const
    await insertAudit(tx, store.actor, done)
    while (await eraseChunk(tx, uuid));
    await eraseStats(tx, {
      applicationId: idToUuid(applicationId),
      organizationId: uuid,
      destinations: destinations.map(({ id, connector }) => ({ id: idToUuid(id), connector })),
    })
  })
  return organization.id
}

/** Without its destinations, nothing more is told of it. */
async function eraseMentions(store: Store, applicationId: Id<'app'>, mention: Id<'org'>): Promise<void> {
  const operationsId = await findOperationsId(store.sql, idToUuid(applicationId))
  for (let after: string | undefined = NIL_UUID; after; ) {
    const from: string = after
    after = await store.transaction((tx) => eraseNotices(tx, { operationsId, mention, after: from }))
  }
}

async function eraseChunk(tx: Sql, uuid: Uuid<'org'>): Promise<boolean> {
  return (await eraseDeliveries(tx, uuid)) || (await eraseEvents(tx, uuid))
}
