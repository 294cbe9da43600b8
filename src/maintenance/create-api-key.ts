import { idToUuid } from '../domain/id.ts'
import { publishKeyNotice } from '../publish/operational-events.ts'
import { type ApiKey, insertApiKey, type NewApiKey, newApiKey } from '../store/api-key.ts'
import { insertAudit } from '../store/audit-entry.ts'
import type { Store } from '../store/store.ts'

/** Makes one more key of the application, or of one of its organizations, and tells its operations organization. The secret is shown once. */
export async function createApiKey(store: Store, given: NewApiKey): Promise<{ apiKey: ApiKey; secret: string }> {
  const { applicationId, name } = given
  const created = newApiKey(given)
  const { id, hint } = created.apiKey
  await store.transaction(async (tx) => {
    await insertApiKey(tx, created.apiKey)
    await insertAudit(tx, store.actor, { applicationId, action: 'API_KEY_CREATED', objectId: id })
    await publishKeyNotice(tx, { id: idToUuid(id), applicationId: idToUuid(applicationId), name, hint })
  })
  return created
}
