import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EventPublishDocument, FollowAttemptsDocument } from '../src/client/generated/documents.ts'
import { RequestFailed } from '../src/client/request.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'
import { createTestDatabase } from './support/database.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startProxy } from './support/proxy.ts'
import { startReceiver } from './support/receiver.ts'

test('while Postgres is away publishes fail fast and retryably; afterwards all goes on by itself', async () => {
  await using database = await createTestDatabase()
  await using proxy = await startProxy(database.url)
  await using receiver = await startReceiver()
  await using postrider = await startTestPostrider({ DATABASE_URL: proxy.url }, { database })
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const input = { organizationId, type: 'a', data: {} }
  const socket = openSocket(backend.endpoint)
  const feed = subscribe(socket, FollowAttemptsDocument, {})
  await feed.next()

  proxy.cut()
  const refused = backend.send(EventPublishDocument, { input })
  await expect(refused).rejects.toMatchObject({ codes: ['UNAVAILABLE'], status: 503 })
  expect((await fetch(`${postrider.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${postrider.url}/healthz`)).status).toBe(200)

  // One that begins now waits for what it asks for, and is told nothing wrong.
  const late = subscribe(socket, FollowAttemptsDocument, { last: 1 })
  const begun = late.next()

  proxy.mend()
  const { deliveries } = await untilAvailable(() => backend.publish(input))
  // The subscriber that was there all the time is told of it.
  let seen: string | undefined
  while (!seen) {
    const { deliveryAttempts: item } = (await feed.next()).value!
    if (item.__typename === 'DeliveryAttemptRecorded') seen = item.attempt.deliveryId
  }
  expect(seen).toBe(deliveries[0]!.id)
  expect((await begun).value!.deliveryAttempts).toMatchObject({ __typename: 'FeedCheckpoint' })
  await socket.dispose()
}, 120_000)

/** As a client does it: UNAVAILABLE asks for the same call again. */
async function untilAvailable<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RequestFailed) || !error.codes.includes('UNAVAILABLE')) throw error
      await pause(20)
    }
  }
}

test('words that somebody else sends on the channel do nothing', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  await postrider.database.query("select pg_notify('postrider', 'somebody error due newListener')")
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(1)
})
