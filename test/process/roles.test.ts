import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  DestinationUpdateDocument,
  EventsPublishDocument,
  FollowAttemptsDocument,
} from '../../src/client/generated/documents.ts'
import { openSocket, subscribe } from '../../src/client/subscribe.ts'
import { idToUuid, parseId } from '../../src/domain/id.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Backend, backendOf, createBackend, OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { type PostriderProcess, startProcess } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'

/** As many as a worker has in flight to a destination before the first answer. */
const FIRST_CAP = 4

let database: TestDatabase
let apis: readonly PostriderProcess[]
let workers: readonly PostriderProcess[]
beforeAll(async () => {
  database = await createTestDatabase()
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url }
  const start = (role: string) => startProcess({ args: ['--role', role], environment })
  ;[apis, workers] = await Promise.all([
    Promise.all([start('api'), start('api')]),
    Promise.all([start('worker'), start('worker')]),
  ])
}, 120_000)
afterAll(async () => {
  for (const one of [...apis, ...workers]) await one[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

test('what is published through either API is delivered once, and subscribers of both see every attempt', async () => {
  await using receiver = await startReceiver()
  const { first, second, organizationId } = await prepare(receiver.url)
  const followers = [first, second].map((backend) => openSocket(backend.endpoint))
  const feeds = followers.map((socket) => subscribe(socket, FollowAttemptsDocument, {}))
  for (const feed of feeds) await feed.next()
  const published = await Promise.all([publish(first, organizationId, 50), publish(second, organizationId, 50)])
  const events = published.flat().sort()
  for (const feed of feeds) {
    const seen = new Set<string>()
    while (seen.size < events.length) {
      const { deliveryAttempts: item } = (await feed.next()).value!
      if (item.__typename === 'DeliveryAttemptRecorded') seen.add(item.attempt.delivery!.eventId)
    }
    expect([...seen].sort()).toEqual(events)
  }
  for (const socket of followers) await socket.dispose()
  expect(receiver.requests.map((request) => request.headers['webhook-id']).sort()).toEqual(events)
})

test('a destination that is changed through one API is what both workers deliver to from then on', async () => {
  await using before = await startReceiver()
  await using after = await startReceiver()
  const { first, second, organizationId, destinationId } = await prepare(before.url)
  // Both workers know the destination as it was.
  await publish(first, organizationId, 40)
  await before.request(40)
  const input = { id: destinationId, config: { url: after.url } }
  const { destinationUpdate } = await first.send(DestinationUpdateDocument, { input })
  expect(destinationUpdate.userErrors).toEqual([])
  await publish(second, organizationId, 40)
  await after.request(40)
  expect(before.requests).toHaveLength(40)
})

test('both workers take part, and what one had in flight when it was killed the other delivers', async () => {
  let isKilled = false
  const letGo = Promise.withResolvers<void>()
  await using receiver = await startReceiver(() =>
    isKilled ? 200 : (response) => void letGo.promise.then(() => response.end()),
  )
  const { first, organizationId } = await prepare(receiver.url)
  const events = await publish(first, organizationId, 2 * FIRST_CAP)
  // More than one of them sends before the first answer.
  await receiver.request(2 * FIRST_CAP)
  await workers[0]!.kill('SIGKILL')
  isKilled = true
  letGo.resolve()
  await receiver.request(3 * FIRST_CAP)
  await vi.waitFor(
    async () => {
      const rows = await database.query(
        `select status, attempt_count as attempts, count(*)::int as count from delivery
         where organization_id = $1 group by 1, 2`,
        [idToUuid(parseId('org', organizationId)!)],
      )
      expect(rows).toEqual([{ status: 'SUCCEEDED', attempts: 1, count: events.length }])
    },
    { timeout: 30_000 },
  )
  expect(receiver.requests).toHaveLength(3 * FIRST_CAP)
  expect(new Set(receiver.requests.map((request) => request.headers['webhook-id']))).toEqual(new Set(events))
}, 120_000)

// The last, since it stops what the others share.
test('when one API stops, the other goes on', async () => {
  await using receiver = await startReceiver()
  const { second, organizationId } = await prepare(receiver.url)
  expect(await apis[0]!.kill('SIGTERM')).toBe(0)
  expect((await fetch(`${apis[1]!.url}/readyz`)).status).toBe(200)
  const { deliveries } = await second.publish({ organizationId, type: 'a', data: {} })
  expect(await second.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
})

/** One application, as it is seen through the first API and through the second. */
async function prepare(url: string) {
  const [one, two] = apis.map((api) => api.url) as [string, string]
  const first = await createBackend({ url: one, key: OPERATOR_KEY }, { timeoutMs: 30_000 })
  const second = backendOf({ url: two, key: first.endpoint.key }, first.applicationId)
  const { organizationId, id } = await first.hook(url)
  return { first, second, organizationId, destinationId: id }
}

async function publish(backend: Backend, organizationId: string, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
  const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
  return eventsPublish.results.map((result) => result.event!.id)
}
