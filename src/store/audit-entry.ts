import {
  ChangeSetType,
  defineEntity,
  type EntityManager,
  type EventSubscriber,
  type FlushEventArgs,
  type InferEntity,
  p,
} from '@mikro-orm/core'
import { type Id, idToUuid, uuidFloor } from '../domain/id.ts'
import { newId } from './new-id.ts'
import type { Sql } from './sql.ts'
import { TypeIdType } from './type-id-type.ts'

// Who did what to which object. Entries are made where a unit of work is written, in its transaction: what is not in
// the log did not happen. They hold names of fields, never their values.

export const auditActions = [
  'APPLICATION_CREATED',
  'APPLICATION_UPDATED',
  'API_KEY_CREATED',
  'API_KEY_REVOKED',
  'ORGANIZATION_DELETED',
  'EVENT_TYPE_CREATED',
  'EVENT_TYPE_UPDATED',
  'DESTINATION_CREATED',
  'DESTINATION_UPDATED',
  'DESTINATION_ENABLED',
  'DESTINATION_DELETED',
  'SECRET_ROTATED',
  'SECRET_REVEALED',
  'CREDENTIALS_USED',
  'PORTAL_SESSION_REVOKED',
] as const
export type AuditAction = (typeof auditActions)[number]

/** Who acts; undefined is Postrider itself. A portal session acts with the key that made it, if one did. */
export interface Actor {
  readonly kind: 'OPERATOR' | 'APPLICATION' | 'ORGANIZATION'
  readonly keyId?: Id<'key'> | undefined
}

export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  properties: {
    id: p.type(new TypeIdType('aud')).$type<Id<'aud'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    actorKind: p.text().$type<Actor['kind']>().nullable(),
    actorKeyId: p.type(new TypeIdType('key')).$type<Id<'key'>>().nullable(),
    action: p.text().$type<AuditAction>(),
    /** As the API has it. */
    objectId: p.text(),
    /** Names of the fields that are others now. */
    changes: p.array(),
  },
})
export type AuditEntry = InferEntity<typeof AuditEntry>

export interface Audited {
  readonly applicationId: Id<'app'>
  readonly action: AuditAction
  readonly objectId: string
  readonly changes?: readonly string[]
}

/** Units of work, and those forked from them, are this one's. */
export function actAs(em: EntityManager, actor: Actor | undefined): void {
  if (actor) em.setLoggerContext({ actor })
}

function actorOf(em: EntityManager): Actor | undefined {
  return (em.getLoggerContext() as { actor?: Actor }).actor
}

/** For what changes no field that says so. Flush afterwards. */
export function addAudit(em: EntityManager, audited: Audited): void {
  em.persist(newEntry(em, audited))
}

function newEntry(em: EntityManager, { applicationId, action, objectId, changes = [] }: Audited): AuditEntry {
  const actor = actorOf(em)
  const actorFields = { actorKind: actor?.kind ?? null, actorKeyId: actor?.keyId ?? null }
  const entry = { id: newId('aud'), applicationId, ...actorFields, action, objectId, changes: [...changes] }
  return em.create(AuditEntry, entry, { persist: false })
}

/** For what is written without a unit of work. */
export async function insertAudit(
  tx: Sql,
  actor: Actor | undefined,
  ...audited: readonly Omit<Audited, 'changes'>[]
): Promise<void> {
  await tx(
    `insert into audit_entry (id, application_id, actor_kind, actor_key_id, action, object_id, changes)
     select x.id, x.application_id, $1, $2, x.action, x.object_id, '{}'
     from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) as x (id, application_id, action, object_id)`,
    [
      actor?.kind ?? null,
      actor?.keyId ? idToUuid(actor.keyId) : null,
      audited.map(() => idToUuid(newId('aud'))),
      audited.map((one) => idToUuid(one.applicationId)),
      audited.map((one) => one.action),
      audited.map((one) => one.objectId),
    ],
  )
}

/** Forgets entries from before `time`, a bounded number; true when there may be more. */
export async function dropAuditBefore(sql: Sql, time: Date): Promise<boolean> {
  const rows = await sql(
    'delete from audit_entry where id = any(array(select id from audit_entry where id < $1 order by id limit 1000)) returning 1',
    [uuidFloor(time.getTime())],
  )
  return rows.length === 1_000
}

interface Row {
  readonly id: string
  readonly applicationId?: Id<'app'>
  readonly destinationId?: string
}

/** What changes with every change, or says nothing of it. */
const SILENT = new Set([
  'updatedAt',
  'version',
  'profileVersion',
  'credentialHints',
  'target',
  'secretsGoTo',
  'headerValues',
  'connectorMajor',
])

const nouns: Readonly<Record<string, Partial<Record<ChangeSetType, AuditAction>>>> = {
  Application: { [ChangeSetType.CREATE]: 'APPLICATION_CREATED', [ChangeSetType.UPDATE]: 'APPLICATION_UPDATED' },
  ApiKey: { [ChangeSetType.CREATE]: 'API_KEY_CREATED', [ChangeSetType.UPDATE]: 'API_KEY_REVOKED' },
  EventType: { [ChangeSetType.CREATE]: 'EVENT_TYPE_CREATED', [ChangeSetType.UPDATE]: 'EVENT_TYPE_UPDATED' },
  Destination: {
    [ChangeSetType.CREATE]: 'DESTINATION_CREATED',
    [ChangeSetType.UPDATE]: 'DESTINATION_UPDATED',
  },
}

/** By their names in the API. */
function changedFields(payload: object): string[] {
  const names = Object.keys(payload).filter((field) => !SILENT.has(field))
  return names.map((name) => (name === 'inactiveSince' ? 'active' : name))
}

/** Makes an entry for each change of a unit of work that somebody may ask about. */
export const auditSubscriber: EventSubscriber = {
  async onFlush({ em, uow }: FlushEventArgs): Promise<void> {
    for (const { meta, type, entity, payload } of uow.getChangeSets()) {
      const action = nouns[meta.className]?.[type]
      if (!action) continue
      const { id, applicationId } = entity as Row
      const changes = type === ChangeSetType.UPDATE ? changedFields(payload) : []
      if (type === ChangeSetType.UPDATE && changes.length === 0) continue
      const entry = { applicationId: applicationId ?? (id as Id<'app'>), action, objectId: id, changes }
      uow.computeChangeSet(newEntry(em, entry))
    }
  },
}
