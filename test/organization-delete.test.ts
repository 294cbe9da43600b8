import { expect, test } from 'vitest'
import {
  ApplicationsDocument,
  AuditLogDocument,
  DestinationRecoverDocument,
  EventsPublishDocument,
  OrganizationDeleteDocument,
} from '../src/client/generated/documents.ts'
import { dumpOf } from './support/dump.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'
import { until } from './support/until.ts'

test('deleting an organization while events are published for it leaves nothing of it', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  await backend.eventType('a')
  const organizationId = await backend.organization('leaving')
  const staying = await backend.organization('staying')
  await backend.destination({ organizationId, url: receiver.url })
  await backend.publish({ organizationId: staying, type: 'a', data: {} })

  const codes: string[] = []
  let isDeleted = false
  const publishing = Array.from({ length: 4 }, async () => {
    while (!isDeleted || codes.length === 0) {
      const events = Array.from({ length: 20 }, (_, n) => ({
        organizationId,
        type: 'a',
        data: {},
        idempotencyKey: `${n}-${Math.random()}`,
      }))
      const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
      codes.push(...eventsPublish.userErrors.map((error) => error.code))
    }
  })
  await receiver.request(100)
  const { organizationDelete } = await backend.send(OrganizationDeleteDocument, { input: { id: organizationId } })
  isDeleted = true
  await Promise.all(publishing)

  expect(organizationDelete).toEqual({ deletedId: organizationId, userErrors: [] })
  expect(new Set(codes)).toEqual(new Set(['NOT_FOUND']))
  const [left] = await postrider.database.query(
    `select (select count(*)::int from event) as events, (select count(*)::int from delivery) as deliveries,
       (select count(*)::int from idempotency_key) as keys, (select count(*)::int from destination) as destinations,
       (select count(*)::int from signing_secret) as secrets, (select count(*)::int from organization where external_id = 'leaving') as organizations`,
  )
  expect(left).toEqual({ events: 1, deliveries: 0, keys: 0, destinations: 0, secrets: 0, organizations: 0 })
})

test('no table says anything of a deleted organization but the entry that it was deleted', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver(() => (response) => response.writeHead(500).end('answered-by-leaver'))
  await using admin = await startReceiver()
  const backend = await postrider.application({ retryDelays: [] })
  await backend.eventType('a')
  const organizationId = await backend.organization('customer-leaver')
  const { applications } = await backend.send(ApplicationsDocument, {})
  const operationsId = applications[0]!.operationsOrganization.id
  // Shaped, so that what was sent is stored beside the event.
  await backend.destination({ organizationId: operationsId, url: admin.url, transform: '{"all": event.data}' })
  const { id } = await backend.destination({
    organizationId,
    url: `${receiver.url}?key=url-of-leaver`,
    label: 'label-of-leaver',
    key: 'key-of-leaver',
    headers: [{ name: 'X-Of-Leaver', value: 'value-of-leaver', secret: false }],
    filter: 'event.data.text != "filter-of-leaver"',
  })
  for (let n = 0; n < 3; n += 1) {
    const data = { text: 'data-of-leaver' }
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data, idempotencyKey: `of-leaver-${n}` })
    await backend.finished(deliveries[0]!.id)
  }
  await admin.request(4)
  await backend.send(DestinationRecoverDocument, { input: { id, range: { from: '-PT1H' } } })
  expect(Object.values(await dumpOf(postrider.database)).join()).toContain('leaver')
  await untilNoneIsWaiting(postrider.database)

  await backend.send(OrganizationDeleteDocument, { input: { id: organizationId } })
  const traces = Object.entries(await dumpOf(postrider.database)).filter(([, text]) => text.includes('leaver'))
  expect(traces).toEqual([])
  const { auditLog } = await backend.send(AuditLogDocument, { first: 2 })
  expect(auditLog.nodes.map((entry) => entry.action)).toEqual(['ORGANIZATION_DELETED', 'DESTINATION_CREATED'])
})

/** Until what the admin is to be told was told. */
async function untilNoneIsWaiting(database: Parameters<typeof dumpOf>[0]): Promise<void> {
  await until(
    async () => (await database.query("select 1 from delivery where status = 'PENDING' limit 1")).length === 0,
  )
}
