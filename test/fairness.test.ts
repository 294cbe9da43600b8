import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { EventsPublishDocument } from '../src/client/generated/documents.ts'
import { takeTokens } from '../src/domain/token-bucket.ts'
import { type Backend, startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

test.concurrent('a bucket gives out its rate, and never much more at once', () => {
  expect(takeTokens({ rate: 100, fullInMs: 0 }, 50)).toEqual({ taken: 10, fullInMs: 100, opensInMs: 10 })
  expect(takeTokens({ rate: 100, fullInMs: 100 }, 50)).toMatchObject({ taken: 0, opensInMs: 10 })
  expect(takeTokens({ rate: 100, fullInMs: 95 }, 50)).toMatchObject({ taken: 0 })
  expect(takeTokens({ rate: 2, fullInMs: 0 }, 50)).toEqual({ taken: 1, fullInMs: 500, opensInMs: 500 })
  expect(takeTokens({ rate: 2, fullInMs: -60_000 }, 1)).toEqual({ taken: 1, fullInMs: 500, opensInMs: 500 })
})

test.concurrent('a rate limit holds across workers, and everything arrives', async () => {
  await using one = await startTestPostrider()
  await using _two = await startTestPostrider({}, { database: one.database })
  const times: number[] = []
  await using receiver = await startReceiver(() => times.push(performance.now()) && 200)
  const backend = await one.application()
  const { organizationId } = await backend.hook(receiver.url)
  await one.database.query('update destination set rate_limit = 20, version = version + 1')
  const startedAt = performance.now()
  await publishMany(backend, organizationId, 50)
  await receiver.request(50)
  // A tenth of a second's worth at once, and then one every 50 ms: a busy machine makes them later, never earlier.
  const early = times.filter((time, n) => time - startedAt < (n + 1 - 2) * 50 - 50)
  expect(early).toEqual([])
})

test.concurrent('no destination ever has more in flight than its cap', async () => {
  await using postrider = await startTestPostrider({ POSTRIDER_DESTINATION_CONCURRENCY: '8' })
  let inFlight = 0
  let most = 0
  await using receiver = await startReceiver(() => (response) => {
    inFlight += 1
    most = Math.max(most, inFlight)
    setTimeout(() => {
      inFlight -= 1
      response.end()
    }, 5)
  })
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  await publishMany(backend, organizationId, 400)
  await receiver.request(400)
  expect(most).toBe(8)
})

test.concurrent('ten destinations that hang cost the others nothing', async () => {
  await using postrider = await startTestPostrider({ POSTRIDER_CONCURRENCY: '32' })
  const held: ServerResponse[] = []
  await using hanging = await startReceiver(() => (response) => void held.push(response))
  await using healthy = await startReceiver()
  const backend = await postrider.application({ timeoutMs: 30_000 })
  await backend.eventType('a')
  for (let n = 0; n < 10; n += 1) {
    const organizationId = await backend.organization(`hanging-${n}`)
    await backend.destination({ organizationId, url: hanging.url })
    await publishMany(backend, organizationId, 100)
  }
  const organizationId = await backend.organization('healthy')
  await backend.destination({ organizationId, url: healthy.url })
  await hanging.request(20)
  // All places are taken by attempts that hang, and more wait behind them.
  await publishMany(backend, organizationId, 200)
  await healthy.request(200)
  // Before the first of them has timed out.
  expect(await postrider.database.query("select 1 from delivery_attempt where outcome <> 'SUCCESS'")).toEqual([])
  expect(hanging.requests.length).toBeLessThanOrEqual(10 * 32)
  for (const response of held) response.end()
}, 120_000)

test.concurrent('a destination with a burst leaves room for the others', async () => {
  await using postrider = await startTestPostrider({ POSTRIDER_CONCURRENCY: '64' })
  await using slow = await startReceiver(() => (response) => void setTimeout(() => response.end(), 50))
  await using quick = await startReceiver()
  const backend = await postrider.application()
  await backend.eventType('a')
  const busy = await backend.organization('busy')
  await backend.destination({ organizationId: busy, url: slow.url })
  const calm = await backend.organization('calm')
  await backend.destination({ organizationId: calm, url: quick.url })
  for (let n = 0; n < 3; n += 1) await publishMany(backend, busy, 1_000)
  await slow.request(1)
  await backend.publish({ organizationId: calm, type: 'a', data: {} })
  await quick.request(1)
  // It did not wait for the burst, which takes 32 at a time, 50 ms each, as long as 3,000 of them last.
  expect(slow.requests.length).toBeLessThan(2_000)
  await slow.request(3_000)
}, 120_000)

async function publishMany(backend: Backend, organizationId: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
  const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
  expect(eventsPublish.userErrors).toEqual([])
}
