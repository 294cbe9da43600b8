import { idToUuid } from '../domain/id.ts'
import { publishKeyNotice } from '../publish/operational-events.ts'
import { type ApiKey, insertApiKey, type NewApiKey, newApiKey } from '../store/api-key.ts'
import { insertAudit } from '../store/audit-entry.ts'
import type { Bell } from '../store/bell.ts'
import type { Store } from '../store/store.ts'

/** Makes one more key of the application, or of one of its organizations, and tells its operations organization. The secret is shown once. */
export async function createApiKey(
  { store, bell }: { store: Store; bell: Bell },
  given: NewApiKey,
): Promise<{ apiKey: ApiKey; secret: string }> {
  const { applicationId, name } = given
  const created = newApiKey(given)
  const { id, hint } = created.apiKey
  const rings = await store.transaction(async (tx) => {
    await insertApiKey(tx, created.apiKey)
    await insertAudit(tx, store.actor, { applicationId, action: 'API_KEY_CREATED', objectId: id })
    return publishKeyNotice(tx, { id: idToUuid(id), applicationId: idToUuid(applicationId), name, hint })
  })
  for (const kind of rings) bell.ring(kind)
  return created
}
