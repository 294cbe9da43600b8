import { expect, test } from 'vitest'
import { EventsPublishDocument, OrganizationDeleteDocument } from '../src/client/generated/documents.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

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
