import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLoop } from '../src/store/loop.ts'
import type { Store } from '../src/store/store.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { openTestStore } from './support/open-store.ts'

const FOREVER_MS = 2_000_000_000

let database: TestDatabase
let store: Store
/** Another process on the same database. */
let other: Store
beforeAll(async () => {
  database = await createTestDatabase()
  store = await openTestStore(database)
  other = await openTestStore(database)
})
afterAll(async () => {
  await other?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
})

/** A loop whose passes are counted, and awaited one by one. */
function countedLoop(pass: (n: number) => Promise<number> | number) {
  let passes = 0
  let reached = Promise.withResolvers<void>()
  const errors: unknown[] = []
  const loop = startLoop({
    notifier: store.notifier,
    on: 'outbox',
    onError: (error) => errors.push(error),
    async work() {
      passes += 1
      reached.resolve()
      reached = Promise.withResolvers()
      return pass(passes)
    },
  })
  return { loop, errors, count: () => passes, next: () => reached.promise }
}

test('a loop is woken by a transaction once that is committed, also one of another process', async () => {
  const { loop, next, count } = countedLoop(() => FOREVER_MS)
  await using _loop = loop
  for (const by of [store, other]) {
    const before = count()
    const woken = next()
    await by.transaction(async (tx) => {
      tx.wake('outbox')
      await tx('select pg_notify($1, $2)', ['unrelated', ''])
      expect(count()).toBe(before)
    })
    await woken
  }
})

test('a transaction that is rolled back wakes nobody', async () => {
  const kinds: string[] = []
  const off = store.notifier.on('outbox', () => kinds.push('outbox'))
  const rolledBack = store.transaction(async (tx) => {
    tx.wake('outbox')
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  await store.transaction(async (tx) => tx.wake('connector'))
  off()
  expect(kinds).toEqual([])
})

test('a loop that waits, or pauses, stops at once', async () => {
  const waiting = countedLoop(() => FOREVER_MS)
  const pausing = startLoop({
    notifier: store.notifier,
    onError: () => undefined,
    async work({ pause }) {
      await pause(FOREVER_MS)
      return 0
    },
  })
  const failing = countedLoop(() => {
    throw new Error('broken')
  })
  // A round trip later they are past their first pass.
  await store.sql('select 1')
  await waiting.loop[Symbol.asyncDispose]()
  await pausing[Symbol.asyncDispose]()
  await failing.loop[Symbol.asyncDispose]()
  expect(waiting.count()).toBe(1)
})

test('a loop whose work fails says so, backs off whatever wakes it, and goes on', async () => {
  const { loop, errors, next, count } = countedLoop((n) => {
    if (n === 1) throw new Error('broken')
    return FOREVER_MS
  })
  await using _loop = loop
  const second = next()
  loop.wake()
  await store.sql('select 1')
  expect(count()).toBe(1)
  expect(errors).toEqual([new Error('broken')])
  await second
  expect(count()).toBe(2)
})
