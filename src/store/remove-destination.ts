import { type Id, idFromUuid } from '../domain/id.ts'
import { type Actor, insertAudit } from './audit-entry.ts'
import type { Sql } from './sql.ts'

export interface Removal {
  /** Of the destinations, bare UUIDs. */
  readonly ids: readonly string[]
  /** Keys of the connectors that take something down afterwards. */
  readonly withOnDelete: readonly string[]
  readonly actor: Actor | undefined
}

/**
 * Takes destinations away. Their records stay, their pending deliveries are cancelled when their turn comes, and what their
 * connectors set up is taken down by a job that has all it needs.
 */
export async function removeDestinations(tx: Sql, { ids, withOnDelete, actor }: Removal): Promise<void> {
  // The memos go with the destination; the statement sees them as they were before.
  const gone = await tx<{ id: string; applicationId: string }>(
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
  for (const { id, applicationId } of gone) {
    const objectId: Id<'dst'> = idFromUuid('dst', id)
    await insertAudit(tx, actor, {
      applicationId: idFromUuid('app', applicationId),
      action: 'DESTINATION_DELETED',
      objectId,
    })
  }
}
