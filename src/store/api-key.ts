import { createHash, randomBytes } from 'node:crypto'
import { defineEntity, type EntityManager, type InferEntity, p } from '@mikro-orm/core'
import { type Id, idFromUuid, idToUuid, type Uuid } from '../domain/id.ts'
import { newId } from './new-id.ts'
import type { Sql } from './sql.ts'
import { TypeIdType } from './type-id-type.ts'

export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.type(new TypeIdType('key')).$type<Id<'key'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    /** Set: it acts as this organization alone. */
    organizationId: p.type(new TypeIdType('org')).$type<Id<'org'>>().nullable(),
    name: p.text(),
    hash: p.text(),
    hint: p.text(),
    createdAt: p.datetime(3),
    lastUsedAt: p.datetime(3).nullable(),
    revokedAt: p.datetime(3).nullable(),
  },
})
export type ApiKey = InferEntity<typeof ApiKey>

export interface NewApiKey {
  readonly applicationId: Id<'app'>
  readonly organizationId?: Id<'org'> | null
  readonly name: string
}

/** The secret is 32 random bytes, so a plain SHA-256 keeps it: there is nothing to guess. It is shown once. */
export function newApiKey({ applicationId, organizationId = null, name }: NewApiKey): {
  apiKey: ApiKey
  secret: string
} {
  const secret = `prk_${randomBytes(32).toString('base64url')}`
  const apiKey = {
    id: newId('key'),
    applicationId,
    organizationId,
    name,
    hash: hashApiKey(secret),
    hint: `${secret.slice(0, 8)}…`,
    createdAt: new Date(),
  } as ApiKey
  return { apiKey, secret }
}

/** Adds a key to a unit of work. Flush afterwards. */
export function addApiKey(em: EntityManager, applicationId: Id<'app'>, name: string): { secret: string } {
  const { apiKey, secret } = newApiKey({ applicationId, name })
  em.create(ApiKey, apiKey)
  return { secret }
}

export async function insertApiKey(tx: Sql, apiKey: ApiKey): Promise<void> {
  const { id, applicationId, organizationId, name, hash, hint, createdAt } = apiKey
  await tx(
    `insert into api_key (id, application_id, organization_id, name, hash, hint, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [idToUuid(id), idToUuid(applicationId), organizationId && idToUuid(organizationId), name, hash, hint, createdAt],
  )
}

export function hashApiKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

export interface LiveApiKey {
  readonly id: Id<'key'>
  readonly applicationId: Id<'app'>
  readonly organizationId: Id<'org'> | undefined
}

/** The keys of these hashes that are not revoked. `lastUsedAt` is kept to the minute, so that reading rarely writes. */
export async function findLiveApiKeys(sql: Sql, hashes: readonly string[]): Promise<Map<string, LiveApiKey>> {
  const keys = await sql<{
    id: Uuid<'key'>
    applicationId: Uuid<'app'>
    organizationId: Uuid<'org'> | null
    hash: string
    isStale: boolean
  }>(
    `select id, application_id as "applicationId", organization_id as "organizationId", hash,
       coalesce(last_used_at < now() - interval '1 minute', true) as "isStale"
     from api_key where hash = any($1) and revoked_at is null`,
    [hashes],
  )
  const stale = keys.filter((key) => key.isStale).map((key) => key.id)
  if (stale.length > 0) {
    // A note that nobody's call may fail for.
    await sql('update api_key set last_used_at = now() where id = any($1::uuid[])', [stale]).catch(() => undefined)
  }
  return new Map(
    keys.map((key) => [
      key.hash,
      {
        id: idFromUuid('key', key.id),
        applicationId: idFromUuid('app', key.applicationId),
        organizationId: key.organizationId ? idFromUuid('org', key.organizationId) : undefined,
      },
    ]),
  )
}
