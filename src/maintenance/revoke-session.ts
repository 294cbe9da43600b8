import { type Id, idTime, parseId } from '../domain/id.ts'
import { notFound } from '../domain/refused.ts'
import { insertAudit } from '../store/audit-entry.ts'
import { insertRevokedSession } from '../store/revoked-session.ts'
import type { Store } from '../store/store.ts'

/** The longest that a portal session may last. */
export const MAX_SESSION_S = 86_400

/** Clocks of the processes that make sessions and revoke them may differ by this. */
const CLOCKS_DIFFER_MS = 60_000

/**
 * Ends a portal session before its time, for the application that made it. Sessions are not stored, so an id is taken by its
 * look; for another application's it does nothing.
 */
export async function revokeSession(store: Store, applicationId: Id<'app'>, text: string): Promise<Id<'ses'>> {
  const id = parseId('ses', text)
  const now = Date.now()
  if (!id || idTime(id).getTime() > now + CLOCKS_DIFFER_MS) throw notFound(`portal session ${text}`, ['input', 'id'])
  const expiresAt = new Date(idTime(id).getTime() + MAX_SESSION_S * 1_000 + CLOCKS_DIFFER_MS)
  if (expiresAt.getTime() <= now) return id
  await store.transaction(async (tx) => {
    if (!(await insertRevokedSession(tx, { applicationId, id, expiresAt }))) return
    await insertAudit(tx, store.actor, { applicationId, action: 'PORTAL_SESSION_REVOKED', objectId: id })
    tx.wake('revoked')
  })
  return id
}
