import type { EntityManager } from '@mikro-orm/core'
import type { Id, Uuid } from '../domain/id.ts'
import { NOTICE_GROUP, noticeTypes } from '../domain/notice.ts'
import { EventType } from './event-type.ts'
import { newId } from './new-id.ts'
import { Organization } from './organization.ts'
import type { Sql } from './sql.ts'

// An application's operations organization: the tenant whose destinations are told of the others' troubles.

/** Makes it for a new application, with the types of its events. Flush afterwards. */
export function addOperations(em: EntityManager, applicationId: Id<'app'>): void {
  const createdAt = new Date()
  em.create(Organization, {
    id: newId('org'),
    applicationId,
    externalId: null,
    name: 'Operations',
    isOperations: true,
    createdAt,
  })
  for (const [name, description] of Object.entries(noticeTypes)) {
    const group = NOTICE_GROUP
    const fields = { name, description, group, status: 'AVAILABLE', isNotice: true, version: 1, createdAt } as const
    em.create(EventType, { id: newId('ety'), applicationId, samplePayload: null, ...fields })
  }
}

/** A destination as a notice describes it. */
export interface NoticeSubject {
  readonly id: Uuid<'dst'>
  readonly applicationId: Uuid<'app'>
  readonly operationsId: Uuid<'org'>
  readonly label: string
  readonly connector: string
  readonly target: string
  readonly organizationId: Uuid<'org'>
  readonly organizationExternalId: string | null
}

/** Destinations with the organization that is told of them. Nobody is told of that organization's own. */
export async function findNoticeSubjects(tx: Sql, destinationIds: readonly Uuid<'dst'>[]): Promise<NoticeSubject[]> {
  return tx(
    `select d.id, d.application_id as "applicationId", n.id as "operationsId", d.label, d.connector, d.target,
       o.id as "organizationId", o.external_id as "organizationExternalId"
     from destination d
     join organization o on o.id = d.organization_id
     join organization n on n.application_id = d.application_id and n.is_operations
     where d.id = any($1::uuid[]) and not o.is_operations`,
    [destinationIds],
  )
}

export async function findOperationsId(tx: Sql, applicationId: Uuid<'app'>): Promise<Uuid<'org'>> {
  const [row] = await tx<{ id: Uuid<'org'> }>(
    'select id from organization where application_id = $1 and is_operations',
    [applicationId],
  )
  if (!row) throw new Error(`The application ${applicationId} has no operations organization`)
  return row.id
}
