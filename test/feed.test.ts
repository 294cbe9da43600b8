import type { Client } from 'graphql-ws'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  DeliveryAttemptsDocument,
  FollowAttemptsDocument,
  type FollowAttemptsSubscription,
  type FollowAttemptsSubscriptionVariables,
  FollowDeliveryDocument,
} from '../src/client/generated/documents.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

type Item = FollowAttemptsSubscription['deliveryAttempts']

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('the first item is a checkpoint, then every attempt comes as it is committed', async () => {
  await using setting = await prepare()
  const feed = setting.follow()
  expect(await feed.next()).toMatchObject({ __typename: 'FeedCheckpoint', caughtUp: true })
  const ids = await setting.publish(5)
  const items = await feed.take(5)
  expect(items.map((item) => attemptOf(item).delivery!.eventId).sort()).toEqual(ids.sort())
  expect(attemptOf(items[0]!)).toMatchObject({ number: 1, outcome: 'SUCCESS', delivery: { status: 'SUCCEEDED' } })
})

test('a subscriber whose socket is cut resumes without gap or double', async () => {
  await using setting = await prepare()
  const seen: string[] = []
  let cursor = (await setting.follow().next()).cursor
  const publishing = (async () => {
    for (let round = 0; round < 10; round += 1) await setting.publish(20)
  })()
  while (seen.length < 200) {
    const socket = openSocket(setting.backend.endpoint, { retryAttempts: 0 })
    const feed = setting.follow({ after: cursor }, socket)
    for (let n = 0; n < 30 && seen.length < 200; n += 1) {
      const item = await feed.next()
      cursor = item.cursor
      if (item.__typename === 'DeliveryAttemptRecorded') seen.push(item.attempt.id)
    }
    // The socket goes down with whatever was on its way.
    socket.terminate()
  }
  await publishing
  expect(seen).toEqual(await allAttempts(setting.backend))
  expect(new Set(seen).size).toBe(200)
})

test('the query gives the same attempts in the same order, and its cursors resume the subscription', async () => {
  await using setting = await prepare()
  const feed = setting.follow()
  await feed.next()
  await setting.publish(7)
  const live = (await feed.take(7)).map((item) => attemptOf(item).id)
  const page = await setting.backend.send(DeliveryAttemptsDocument, { first: 3 })
  expect(page.deliveryAttempts.edges.map((edge) => edge.node.id)).toEqual(live.slice(0, 3))
  expect(page.deliveryAttempts.pageInfo.hasNextPage).toBe(true)
  const resumed = setting.follow({ after: page.deliveryAttempts.pageInfo.endCursor })
  expect(await resumed.next()).toMatchObject({ __typename: 'FeedCheckpoint', caughtUp: false })
  expect((await resumed.take(4)).map((item) => attemptOf(item).id)).toEqual(live.slice(3))
  expect(await resumed.next()).toMatchObject({ __typename: 'FeedCheckpoint', caughtUp: true })
})

test('with `last` it begins with the newest attempts that there are', async () => {
  await using setting = await prepare()
  const watch = setting.follow()
  await watch.next()
  await setting.publish(5)
  const live = (await watch.take(5)).map((item) => attemptOf(item).id)
  const feed = setting.follow({ last: 2 })
  await feed.next()
  expect((await feed.take(2)).map((item) => attemptOf(item).id)).toEqual(live.slice(3))
})

test('a checkpoint of `last` resumes without a reset, also where there were fewer attempts', async () => {
  await using setting = await prepare()
  const { cursor } = await setting.follow({ last: 5 }).next()
  const resumed = setting.follow({ after: cursor })
  expect(await resumed.next()).toMatchObject({ __typename: 'FeedCheckpoint', caughtUp: false })
  await setting.publish(1)
  expect(await resumed.take(1)).toHaveLength(1)
})

test('a page that is exactly full is the last one when nothing follows', async () => {
  await using setting = await prepare()
  const feed = setting.follow()
  await feed.next()
  await setting.publish(4)
  await feed.take(4)
  const page = async (first: number) =>
    (await setting.backend.send(DeliveryAttemptsDocument, { first })).deliveryAttempts.pageInfo.hasNextPage
  expect([await page(3), await page(4), await page(5)]).toEqual([true, false, false])
})

test('a cursor from before a restore is told so, and goes on with the restored database', async () => {
  await using restored = await startTestPostrider()
  await using setting = await prepare(restored)
  const { cursor } = await setting.follow().next()
  // What a start finds out about another cluster, said by hand.
  await restored.database.query('update feed_epoch set epoch = epoch + 1')
  const resumed = setting.follow({ after: cursor })
  const reset = await resumed.next()
  expect(reset).toMatchObject({ __typename: 'FeedReset', reason: 'RESTORED' })
  await setting.publish(1)
  expect(await resumed.take(1)).toHaveLength(1)
  expect(await setting.follow({ after: reset.cursor }).next()).toMatchObject({ __typename: 'FeedCheckpoint' })
})

test('an attempt that an older transaction holds back is shown later, not left out', async () => {
  await using setting = await prepare()
  const feed = setting.follow()
  await feed.next()
  const blocker = new pg.Client(postrider.database.url)
  await blocker.connect()
  await blocker.query('begin')
  await blocker.query('select pg_current_xact_id()')
  const socket = openSocket(setting.backend.endpoint)
  const { deliveries } = await setting.publishOne()
  for await (const _ of subscribe(socket, FollowDeliveryDocument, { id: deliveries[0]!.id }));
  await socket.dispose()
  expect(await allAttempts(setting.backend)).toEqual([])
  await blocker.query('commit')
  await blocker.end()
  expect(attemptOf(await feed.next()).delivery!.id).toBe(deliveries[0]!.id)
})

test('the filter lets through what it names', async () => {
  await using setting = await prepare()
  const failures = setting.follow({ filter: { outcomes: ['PERMANENT_FAILURE', 'RETRYABLE_FAILURE'] } })
  const others = setting.follow({ filter: { eventTypes: ['b'] } })
  await failures.next()
  await others.next()
  await setting.publish(3)
  await setting.publish(1, 'b')
  expect(attemptOf(await others.next()).delivery!.eventType).toBe('b')
  expect(
    (await setting.backend.send(DeliveryAttemptsDocument, { filter: { outcomes: ['SUCCESS'] } })).deliveryAttempts
      .edges,
  ).toHaveLength(4)
  await failures.isSilent()
})

test('a delivery is followed from change to change until it is finished', async () => {
  await using receiver = await startReceiver((_, n) => (n === 1 ? 500 : 200))
  const backend = await postrider.application({ retryDelays: [1], retryJitter: 0 })
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const socket = openSocket(backend.endpoint)
  const states = []
  for await (const { delivery } of subscribe(socket, FollowDeliveryDocument, { id: deliveries[0]!.id })) {
    states.push(`${delivery.status} ${delivery.attemptCount}`)
  }
  await socket.dispose()
  expect(states.slice(-2)).toEqual(['PENDING 1', 'SUCCEEDED 2'])
})

interface Follower {
  next(): Promise<Item>
  /** The next attempts, checkpoints left out. */
  take(count: number): Promise<Item[]>
  /** Nothing but checkpoints has come so far. */
  isSilent(): Promise<void>
}

async function prepare(of = postrider) {
  const receiver = await startReceiver()
  const backend = await of.application()
  await backend.eventType('a')
  await backend.eventType('b')
  const organizationId = await backend.organization()
  await backend.destination({ organizationId, url: receiver.url })
  const shared = openSocket(backend.endpoint)
  const publishOne = (type = 'a') => backend.publish({ organizationId, type, data: {} })
  return {
    backend,
    publishOne,
    publish: async (count: number, type = 'a') =>
      (await Promise.all(Array.from({ length: count }, () => publishOne(type)))).map((event) => event.id),
    follow: (variables: FollowAttemptsSubscriptionVariables = {}, socket: Client = shared) => follow(socket, variables),
    async [Symbol.asyncDispose]() {
      await shared.dispose()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

function follow(socket: Client, variables: FollowAttemptsSubscriptionVariables): Follower {
  const iterator = subscribe(socket, FollowAttemptsDocument, variables)
  let pending: Promise<Item> | undefined
  const next = async () => {
    const taken = pending ?? iterator.next().then((result) => result.value!.deliveryAttempts)
    pending = undefined
    return taken
  }
  return {
    next,
    async take(count) {
      const items: Item[] = []
      while (items.length < count) {
        const item = await next()
        if (item.__typename === 'DeliveryAttemptRecorded') items.push(item)
      }
      return items
    },
    async isSilent() {
      pending = next()
      const first = await Promise.race([pending, Promise.resolve(undefined)])
      if (first?.__typename === 'DeliveryAttemptRecorded') throw new Error('An attempt came that the filter leaves out')
    },
  }
}

function attemptOf(item: Item) {
  if (item.__typename !== 'DeliveryAttemptRecorded') throw new Error(`Expected an attempt, not ${item.__typename}`)
  return item.attempt
}

async function allAttempts(backend: Backend): Promise<string[]> {
  const ids: string[] = []
  let after: string | null = null
  for (;;) {
    const {
      deliveryAttempts,
    }: {
      deliveryAttempts: {
        edges: readonly { node: { id: string } }[]
        pageInfo: { hasNextPage: boolean; endCursor: string | null }
      }
    } = await backend.send(DeliveryAttemptsDocument, { after })
    ids.push(...deliveryAttempts.edges.map((edge) => edge.node.id))
    after = deliveryAttempts.pageInfo.endCursor
    if (!deliveryAttempts.pageInfo.hasNextPage) return ids
  }
}
