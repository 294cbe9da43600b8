import { type Id, idToUuid, parseId } from '../domain/id.ts'
import { Refused } from '../domain/refused.ts'
import { Destination } from '../store/destination.ts'
import { eraseDeliveries, eraseEvents } from '../store/erasure.ts'
import { Organization } from '../store/organization.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/**
 * Deletes an organization with all that is its own, in chunks: destinations first, so that nothing more is made for it,
 * itself last, so that a call that was cut off can be made again.
 */
export async function deleteOrganization(store: Store, applicationId: Id<'app'>, text: string): Promise<Id<'org'>> {
  const em = store.em()
  const id = parseId('org', text)
  const organization = id && (await em.findOne(Organization, { id, applicationId }))
  if (!organization) {
    throw new Refused({ code: 'NOT_FOUND', message: `there is no organization ${text}`, path: ['input', 'id'] })
  }
  await em.nativeDelete(Destination, { organizationId: organization.id })
  await eraseAll(store, idToUuid(organization.id), eraseDeliveries)
  await eraseAll(store, idToUuid(organization.id), eraseEvents)
  await em.nativeDelete(Organization, { id: organization.id })
  return organization.id
}

async function eraseAll(store: Store, id: string, erase: (tx: Sql, id: string) => Promise<boolean>): Promise<void> {
  while (await store.transaction((tx) => erase(tx, id)));
}
