import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../src/client/generated/documents.ts'
import { idToUuid } from '../src/domain/id.ts'
import { dropAuditBefore } from '../src/store/audit-entry.ts'
import { type Backend, backendOf, startTestPostrider, type TestPostrider } from './support/postrider.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const config = { url: 'https://example.com/hook' }

test('what is done to destinations, secrets, keys and the profile is in the log, by whom, with the fields and no value', async () => {
  const backend = await postrider.application()
  const { send } = backend
  const organizationId = await backend.organization()
  const { id } = await backend.destination({ organizationId, config })
  const headers = [{ name: 'X-Token', value: 'value-that-nobody-sees' }]
  await send(documents.DestinationUpdateDocument, { input: { id, label: 'Other', headers } })
  await send(documents.DestinationDisableDocument, { input: { id } })
  await send(documents.DestinationEnableDocument, { input: { id } })
  await send(documents.DestinationSecretRotateDocument, { input: { id } })
  await send(documents.DestinationSecretRevealDocument, { input: { id } })
  const { apiKeyCreate } = await send(documents.ApiKeyCreateDocument, { input: { name: 'CI' } })
  const key = apiKeyCreate.apiKey!.id
  await send(documents.ApiKeyRevokeDocument, { input: { id: key } })
  await send(documents.ApplicationUpdateDocument, { input: { deliveryProfile: { timeoutMs: 2_000 } } })
  await send(documents.DestinationDeleteDocument, { input: { id } })
  await send(documents.OrganizationDeleteDocument, { input: { id: organizationId } })

  const own = await log(backend)
  const { applications } = await send(documents.ApplicationsDocument, {})
  const actorKeyId = applications[0]!.apiKeys.find((one) => one.name === 'First key')!.id
  expect(own.map(({ action, objectId, changes }) => ({ action, objectId, changes }))).toEqual([
    { action: 'ORGANIZATION_DELETED', objectId: organizationId, changes: [] },
    { action: 'DESTINATION_DELETED', objectId: id, changes: [] },
    { action: 'APPLICATION_UPDATED', objectId: backend.applicationId, changes: ['deliveryProfile'] },
    { action: 'API_KEY_REVOKED', objectId: key, changes: ['revokedAt'] },
    { action: 'API_KEY_CREATED', objectId: key, changes: [] },
    { action: 'SECRET_REVEALED', objectId: id, changes: [] },
    { action: 'SECRET_ROTATED', objectId: id, changes: [] },
    { action: 'DESTINATION_UPDATED', objectId: id, changes: ['active'] },
    { action: 'DESTINATION_ENABLED', objectId: id, changes: [] },
    { action: 'DESTINATION_UPDATED', objectId: id, changes: ['active'] },
    { action: 'DESTINATION_UPDATED', objectId: id, changes: ['label', 'headers'] },
    { action: 'DESTINATION_CREATED', objectId: id, changes: [] },
  ])
  expect(own.every((entry) => entry.actorKind === 'APPLICATION' && entry.actorKeyId === actorKeyId)).toBe(true)
  const dump = await postrider.database.query<{ row: string }>('select t::text as row from audit_entry t')
  expect(dump.some(({ row }) => row.includes('value-that-nobody-sees'))).toBe(false)
})

test('the operator is named as such, and what is refused is not in the log', async () => {
  const backend = await postrider.application()
  const organizationId = await backend.organization()
  const operator = backendOf({ ...postrider.operator, applicationId: backend.applicationId }, backend.applicationId)
  const { id } = await operator.destination({ organizationId, config })
  const refused = await operator.send(documents.DestinationUpdateDocument, { input: { id, label: '' } })
  expect(refused.destinationUpdate.userErrors).toHaveLength(1)
  expect(await log(backend)).toMatchObject([
    { action: 'DESTINATION_CREATED', actorKind: 'OPERATOR', actorKeyId: null, objectId: id },
  ])
})

test('the log is paged, filtered by object, action, key and time, and is nobody else’s', async () => {
  const backend = await postrider.application()
  const organizationId = await backend.organization()
  const first = await backend.destination({ organizationId, config })
  const second = await backend.destination({ organizationId, config })
  await backend.send(documents.DestinationUpdateDocument, { input: { id: first.id, label: 'Other' } })
  expect((await log(backend, { objectId: first.id })).map((entry) => entry.action)).toEqual([
    'DESTINATION_UPDATED',
    'DESTINATION_CREATED',
  ])
  expect((await log(backend, { actions: ['DESTINATION_CREATED'] })).map((entry) => entry.objectId)).toEqual([
    second.id,
    first.id,
  ])
  expect(await log(backend, { createdAt: { to: '-PT1H' } })).toEqual([])
  expect(await log(backend, { actorKeyId: 'key_01h455vb4pex5vsknk084sn02q' })).toEqual([])
  const page = await backend.send(documents.AuditLogDocument, { first: 1 })
  const rest = await backend.send(documents.AuditLogDocument, { after: page.auditLog.pageInfo.endCursor })
  expect(rest.auditLog.nodes.map((entry) => entry.objectId)).toContain(second.id)
  const stranger = await postrider.application()
  expect(await log(stranger, { objectId: first.id })).toEqual([])
})

test('entries older than asked are forgotten, others stay', async () => {
  const backend = await postrider.application()
  const organizationId = await backend.organization()
  await backend.destination({ organizationId, config })
  const { database } = postrider
  await database.query(
    `insert into audit_entry (id, application_id, action, object_id, changes)
     values ('018a0000-0000-7000-8000-000000000000', $1, 'DESTINATION_CREATED', 'dst_old', '{}')`,
    [idToUuid(backend.applicationId as never)],
  )
  expect((await log(backend)).map((entry) => entry.objectId)).toContain('dst_old')
  const sql = (text: string, values?: readonly unknown[]) => database.query(text, values as unknown[])
  await dropAuditBefore(sql as never, new Date(Date.now() - 365 * 86_400_000))
  expect((await log(backend)).map((entry) => entry.action)).toEqual(['DESTINATION_CREATED'])
})

/** Without what making the application brought. */
async function log(backend: Backend, filter?: documents.AuditLogFilter) {
  const { auditLog } = await backend.send(documents.AuditLogDocument, { first: 100, filter: filter ?? null })
  const { applications } = await backend.send(documents.ApplicationsDocument, {})
  const firstKey = applications[0]!.apiKeys.find((one) => one.name === 'First key')!.id
  const isOfStart = ({ action, objectId }: (typeof auditLog.nodes)[number]) =>
    action === 'EVENT_TYPE_CREATED' || action === 'APPLICATION_CREATED' || objectId === firstKey
  return auditLog.nodes.filter((entry) => !isOfStart(entry))
}
