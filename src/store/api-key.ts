import { createHash, randomBytes } from 'node:crypto'
import { defineEntity, type EntityManager, type InferEntity, p } from '@mikro-orm/core'
import type { Id } from '../domain/id.ts'
import { newId } from './new-id.ts'
import { TypeIdType } from './type-id-type.ts'

export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.type(new TypeIdType('key')).$type<Id<'key'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    name: p.text(),
    hash: p.text(),
    hint: p.text(),
    createdAt: p.datetime(3),
    lastUsedAt: p.datetime(3).nullable(),
    revokedAt: p.datetime(3).nullable(),
  },
})
export type ApiKey = InferEntity<typeof ApiKey>

/** The secret is 32 random bytes, so a plain SHA-256 keeps it: there is nothing to guess. It is shown once. */
export function addApiKey(
  em: EntityManager,
  applicationId: Id<'app'>,
  name: string,
): { apiKey: ApiKey; secret: string } {
  const secret = `prk_${randomBytes(32).toString('base64url')}`
  const apiKey = em.create(ApiKey, {
    id: newId('key'),
    applicationId,
    name,
    hash: hashApiKey(secret),
    hint: `${secret.slice(0, 8)}…`,
    createdAt: new Date(),
  })
  return { apiKey, secret }
}

export function hashApiKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

const LAST_USED_STEP_MS = 60_000

/** The keys of these hashes that are not revoked. `lastUsedAt` is kept to the minute, so that reading rarely writes. */
export async function findLiveApiKeys(em: EntityManager, hashes: readonly string[]): Promise<Map<string, ApiKey>> {
  const keys = await em.find(ApiKey, { hash: { $in: [...hashes] }, revokedAt: null })
  const staleBefore = new Date(Date.now() - LAST_USED_STEP_MS)
  const stale = keys.filter((key) => !key.lastUsedAt || key.lastUsedAt < staleBefore)
  if (stale.length > 0) {
    const ids = stale.map((key) => key.id).toSorted()
    // A note that nobody's call may fail for.
    await em.nativeUpdate(ApiKey, { id: { $in: ids } }, { lastUsedAt: new Date() }).catch(() => undefined)
  }
  return new Map(keys.map((key) => [key.hash, key]))
}
