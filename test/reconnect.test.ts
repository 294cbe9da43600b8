import { createClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import { createPortalSessions } from '../src/api/portal-session.ts'
import { newId } from '../src/store/new-id.ts'
import { createTestDatabase } from './support/database.ts'
import { type Backend, startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

// graphql-ws's own client, as a product would use it: what it does by itself when the server ends a socket.

const FEED = `subscription {
  deliveryAttempts { __typename ... on DeliveryAttemptRecorded { attempt { delivery { eventId } } } }
}`
const CHECKPOINT = { done: false, value: { data: { deliveryAttempts: { __typename: 'FeedCheckpoint' } } } }
const attemptOf = (eventId: string) => ({
  done: false,
  value: { data: { deliveryAttempts: { __typename: 'DeliveryAttemptRecorded', attempt: { delivery: { eventId } } } } },
})

test('it goes on with the server that comes back after a stop', async () => {
  await using database = await createTestDatabase()
  await using receiver = await startReceiver()
  await using first = await startTestPostrider({}, { database })
  const backend = await first.application()
  const { organizationId } = await backend.hook(receiver.url)
  const isBack = Promise.withResolvers<void>()
  await using follower = follow(backend, {
    authorization: () => `Bearer ${backend.endpoint.key}`,
    beforeRetry: () => isBack.promise,
  })
  expect(await follower.next()).toEqual(CHECKPOINT)
  const before = await backend.publish({ organizationId, type: 'a', data: {} })
  expect(await follower.next()).toEqual(attemptOf(before.id))

  await first[Symbol.asyncDispose]()
  await using _second = await startTestPostrider({ PORT: new URL(first.url).port }, { database })
  isBack.resolve()
  expect(await follower.next()).toEqual(CHECKPOINT)
  const after = await backend.publish({ organizationId, type: 'a', data: {} })
  expect(await follower.next()).toEqual(attemptOf(after.id))
  expect(follower.closes).toEqual([1001])
})

test('it goes on with a fresh token when a portal session has run out', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  // As the server signs them, with the key of the tests.
  const sessions = createPortalSessions([{ id: 'k1', key: Buffer.alloc(32) }])
  const tokens: string[] = []
  await using follower = follow(backend, {
    async authorization() {
      const lasts = tokens.length === 0 ? 2 : 60
      const token = await sessions.issue({
        id: newId('ses'),
        applicationId: backend.applicationId as never,
        organizationId: organizationId as never,
        keyId: undefined,
        expiresAt: new Date((Math.floor(Date.now() / 1_000) + lasts) * 1_000),
      })
      tokens.push(token)
      return `Bearer ${token}`
    },
    beforeRetry: async () => undefined,
  })
  expect(await follower.next()).toEqual(CHECKPOINT)
  expect(await follower.next()).toEqual(CHECKPOINT)
  const { id } = await backend.publish({ organizationId, type: 'a', data: {} })
  expect(await follower.next()).toEqual(attemptOf(id))
  expect([follower.closes, tokens.length]).toEqual([[4403], 2])
})

interface Follower extends AsyncDisposable {
  next(): Promise<unknown>
  /** The codes with which sockets were closed so far. */
  readonly closes: readonly number[]
}

interface FollowOptions {
  readonly authorization: () => string | Promise<string>
  /** In place of the client's own pauses. */
  readonly beforeRetry: () => Promise<void>
}

function follow({ endpoint }: Backend, { authorization, beforeRetry }: FollowOptions): Follower {
  const closes: number[] = []
  const client = createClient({
    url: `${endpoint.url.replace('http', 'ws')}/graphql`,
    connectionParams: async () => ({ authorization: await authorization() }),
    retryAttempts: 3,
    retryWait: beforeRetry,
    on: { closed: (event) => void closes.push((event as { code: number }).code) },
  })
  const items = client.iterate({ query: FEED })
  return { next: () => items.next(), closes, [Symbol.asyncDispose]: async () => client.dispose() }
}
