import { defineEntity, type EntityManager, type InferEntity, p } from '@mikro-orm/core'
import { z } from 'zod'
import { type Id, idToUuid, parseId } from '../domain/id.ts'
import { identifier, line, parseInput } from '../domain/parse-input.ts'
import { notFound, refused } from '../domain/refused.ts'
import { newId } from './new-id.ts'
import type { Sql } from './sql.ts'
import { isUniqueViolation } from './sql.ts'
import { TypeIdType } from './type-id-type.ts'

/** A customer of the application: the tenant that owns destinations. */
export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organization',
  properties: {
    id: p.type(new TypeIdType('org')).$type<Id<'org'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    externalId: p.text().nullable(),
    name: p.text(),
    /** The application's own; see store/operations.ts. */
    isOperations: p.boolean().default(false),
    createdAt: p.datetime(3),
  },
})
export type Organization = InferEntity<typeof Organization>

const upsertSchema = z.object({ externalId: identifier(200).nullish(), name: line(200) })

/** With an id: changes that one. With an external id: makes it, or changes the one that has it. */
export async function upsertOrganization(
  em: EntityManager,
  applicationId: Id<'app'>,
  input: { id?: string | null | undefined; externalId?: string | null | undefined; name: string },
): Promise<Organization> {
  const { externalId, name } = parseInput(upsertSchema, input)
  if (input.id != null) return changeOrganization(em, applicationId, { id: input.id, externalId, name })
  const row = { id: newId('org'), applicationId, externalId: externalId ?? null, name, createdAt: new Date() }
  if (row.externalId === null) {
    const organization = em.create(Organization, row)
    await em.flush()
    return organization
  }
  // One statement, so that two backends that meet the same customer at once agree on one organization.
  return em.upsert(Organization, row, {
    onConflictFields: ['applicationId', 'externalId'],
    onConflictAction: 'merge',
    onConflictMergeFields: ['name'],
  })
}

async function changeOrganization(
  em: EntityManager,
  applicationId: Id<'app'>,
  change: { id: string; externalId: string | null | undefined; name: string },
): Promise<Organization> {
  const id = parseId('org', change.id)
  const organization = id && (await em.findOne(Organization, { id, applicationId }))
  if (!organization) throw notFound(`organization ${change.id}`, ['input', 'id'])
  organization.name = change.name
  if (change.externalId !== undefined) organization.externalId = change.externalId
  try {
    await em.flush()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw refused('TAKEN', `another organization has the external id "${change.externalId}"`, ['input', 'externalId'])
  }
  return organization
}

/** For each, whether the organization is still there, and neither the session revoked nor the key, if there is one. */
export async function findLiveSessions(
  sql: Sql,
  sessions: readonly {
    id: Id<'ses'>
    applicationId: Id<'app'>
    organizationId: Id<'org'>
    keyId?: Id<'key'> | undefined
  }[],
): Promise<boolean[]> {
  const rows = await sql<{ isLive: boolean }>(
    `select exists (select from organization o where o.id = s.organization and o.application_id = s.application)
       and (s.key is null or exists (select from api_key k where k.id = s.key and k.revoked_at is null))
       and not exists (select from revoked_session r where r.application_id = s.application and r.id = s.session) as "isLive"
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])
       with ordinality s (application, organization, key, session, n) order by n`,
    [
      sessions.map((one) => idToUuid(one.applicationId)),
      sessions.map((one) => idToUuid(one.organizationId)),
      sessions.map((one) => (one.keyId ? idToUuid(one.keyId) : null)),
      sessions.map((one) => idToUuid(one.id)),
    ],
  )
  return rows.map((row) => row.isLive)
}
