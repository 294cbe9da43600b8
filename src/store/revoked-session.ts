import { type Id, idToUuid } from '../domain/id.ts'
import type { Sql } from './sql.ts'

// Portal sessions that were ended before their time. The others are not stored: their tokens say all.

interface RevokedSession {
  readonly applicationId: Id<'app'>
  readonly id: Id<'ses'>
  /** When its token would have expired, at the latest. */
  readonly expiresAt: Date
}

/** False when it was revoked already. */
export async function insertRevokedSession(
  tx: Sql,
  { applicationId, id, expiresAt }: RevokedSession,
): Promise<boolean> {
  const rows = await tx(
    `insert into revoked_session (application_id, id, expires_at) values ($1, $2, $3)
     on conflict do nothing returning 1`,
    [idToUuid(applicationId), idToUuid(id), expiresAt],
  )
  return rows.length > 0
}

export async function dropExpiredSessions(sql: Sql): Promise<void> {
  await sql('delete from revoked_session where expires_at <= now()')
}
