import { idFromUuid, type Uuid } from '../domain/id.ts'
import { type Actor, insertAudit } from '../store/audit-entry.ts'
import type { Sql } from '../store/sql.ts'

export interface Removal {
  /** Of the destinations. */
  readonly ids: readonly Uuid<'dst'>[]
  /** Keys of the connectors that take something down afterwards. */
  readonly withOnDelete: readonly string[]
}

/** Takes destinations away, with an entry in the audit log for each. */
export async function deleteDestinations(tx: Sql, removal: Removal, actor: Actor | undefined): Promise<void> {
  const gone = await removeDestinations(tx, removal)
  const entries = gone.map(({ id, applicationId }) => ({
    applicationId: idFromUuid('app', applicationId),
    action: 'DESTINATION_DELETED' as const,
    objectId: idFromUuid('dst', id),
  }))
  await insertAudit(tx, actor, ...entries)
}

/**
 * Takes destinations away. Their records stay, their pending deliveries are cancelled when their turn comes, and what their
 * connectors set up is taken down by a job that has all it needs. Resolves to those that were there.
 */
export async function removeDestinations(
  tx: Sql,
  { ids, withOnDelete }: Removal,
): Promise<{ id: Uuid<'dst'>; applicationId: Uuid<'app'> }[]> {
  // The memos go with the destination; the statement sees them as they were before.
  return tx(
    `with gone as (
       delete from destination where id = any($1::uuid[]) returning *
     ), jobs as (
       insert into connector_job (id, kind, connector, organization_id, application_id, config, credentials, memos)
       select id, 'DELETE', connector, organization_id, application_id, config, credentials, coalesce((
         select jsonb_object_agg(m.key, m.value) from connector_memo m where m.destination_id = gone.id and m.value is not null
       ), '{}')
       from gone where connector = any($2)
       on conflict do nothing
     ), unneeded as (
       delete from connector_job where id = any($1::uuid[]) and kind = 'CREATE'
     )
     select id, application_id as "applicationId" from gone`,
    [ids, withOnDelete],
  )
}
