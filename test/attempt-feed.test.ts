import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPortalSessions } from '../src/api/portal-session.ts'
import { createAttemptFeed } from '../src/client/attempt-feed.ts'
import { EventsPublishDocument } from '../src/client/generated/documents.ts'
import { newId } from '../src/store/new-id.ts'
import { committedAttempts, startFollower } from './support/feed-follower.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { until } from './support/until.ts'

// `createAttemptFeed` of postrider/client in Node; test/browser/attempt-feed.test.ts has it in a browser.

let postrider: TestPostrider
let receiver: Receiver
let backend: Backend
let organizationId: string
beforeAll(async () => {
  postrider = await startTestPostrider()
  receiver = await startReceiver()
  backend = await postrider.application()
  organizationId = (await backend.hook(receiver.url)).organizationId
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

test('a loop that reads slower than attempts come gets all of them, and holds few at a time', async () => {
  const reconnects: string[] = []
  await using follower = await startFollower({
    ...backend.endpoint,
    maxWaiting: 5,
    eachMs: 1,
    onReconnect: (reason) => reconnects.push(reason),
  })
  const before = (await committedAttempts(postrider.database)).length
  await publish(300)
  await follower.heard(300)
  expect(follower.ids).toEqual((await committedAttempts(postrider.database)).slice(before))
  // It went on by itself, without having lost anything.
  expect(reconnects).toEqual([])
})

test('begins where it is told to: with the newest, or behind a cursor', async () => {
  await using watching = await startFollower(backend.endpoint)
  await publish(5)
  // Committed is not yet shown, where an older transaction of anybody's is open.
  await watching.heard(5)
  const all = await committedAttempts(postrider.database)
  await using newest = await startFollower({ ...backend.endpoint, last: 3 })
  await newest.heard(3)
  expect(newest.ids).toEqual(all.slice(-3))
  const after = newest.items.find((item) => item.kind === 'attempt')!.cursor
  await using behind = await startFollower({ ...backend.endpoint, after })
  await behind.heard(2)
  expect(behind.ids).toEqual(all.slice(-2))
})

test('hears only what its filter names', async () => {
  const other = await backend.organization('other')
  await backend.destination({ organizationId: other, url: receiver.url })
  await using follower = await startFollower({ ...backend.endpoint, filter: { organizationId: other } })
  await publish(5)
  await publish(2, other)
  await follower.heard(2)
  const attempts = follower.items.flatMap((item) => (item.kind === 'attempt' ? [item.attempt] : []))
  expect(attempts.map((attempt) => attempt.outcome)).toEqual(['SUCCESS', 'SUCCESS'])
})

test('a session that runs out in mid-stream is followed by a fresh one', async () => {
  const sessions = createPortalSessions([{ id: 'k1', key: Buffer.alloc(32) }])
  let issued = 0
  const key = async () => {
    issued += 1
    return sessions.issue({
      id: newId('ses'),
      applicationId: backend.applicationId as never,
      organizationId: organizationId as never,
      keyId: undefined,
      expiresAt: new Date((Math.floor(Date.now() / 1_000) + (issued === 1 ? 2 : 60)) * 1_000),
    })
  }
  const reconnected = Promise.withResolvers<string>()
  await using follower = await startFollower({ url: postrider.url, key, onReconnect: reconnected.resolve })
  const before = (await committedAttempts(postrider.database)).length
  await publish(3)
  expect(await reconnected.promise).toContain('session has expired')
  await publish(3)
  await follower.heard(6)
  expect(follower.ids).toEqual((await committedAttempts(postrider.database)).slice(before))
  expect(issued).toBe(2)
})

describe('is over', () => {
  test.each([
    ['with a wrong key', { key: 'prk_wrong' }, 'UNAUTHENTICATED'],
    ['with a cursor of something else', { after: 'nonsense' }, 'BAD_USER_INPUT'],
    ['with more than it may begin with', { last: 101 }, 'BAD_USER_INPUT'],
    ['with the operator key outside of an application', { key: 'OPERATOR' }, 'FORBIDDEN'],
  ])('%s', async (_, options, code) => {
    const key = 'key' in options && options.key === 'OPERATOR' ? postrider.operator.key : undefined
    const feed = createAttemptFeed({ ...backend.endpoint, ...options, ...(key && { key }) })
    await expect(feed.next()).rejects.toMatchObject({ name: 'AttemptFeedRefused', code })
  })

  test('when its signal says so, and when its loop is left', async () => {
    const stopping = new AbortController()
    const feed = createAttemptFeed({ ...backend.endpoint, signal: stopping.signal })
    expect((await feed.next()).value).toMatchObject({ kind: 'checkpoint' })
    const next = feed.next()
    stopping.abort()
    expect((await next).done).toBe(true)
    for await (const item of createAttemptFeed(backend.endpoint)) {
      expect(item.kind).toBe('checkpoint')
      break
    }
  })
})

/** Resolves when the attempts are committed. */
async function publish(count: number, to = organizationId): Promise<void> {
  const before = (await committedAttempts(postrider.database)).length
  const events = Array.from({ length: count }, () => ({ organizationId: to, type: 'a', data: {} }))
  await backend.send(EventsPublishDocument, { input: { events } })
  await until(async () => (await committedAttempts(postrider.database)).length >= before + count)
}
