import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type FeedItem, openFeed } from '../src/feed/feed.ts'
import { newId } from '../src/store/new-id.ts'
import type { Store } from '../src/store/store.ts'
import { createTestDatabase } from './support/database.ts'
import { committedAttempts } from './support/feed-follower.ts'
import { openTestStore } from './support/open-store.ts'
import { seedAttempts } from './support/seed-attempts.ts'

// Followers of one process share a reader. Others join and leave it at any time, and each hears all that was committed
// after its first checkpoint.

test('a follower that takes its time after the first checkpoint hears what others have heard meanwhile', async () => {
  await using setting = await prepare()
  const early = setting.follow()
  await early.checkpoint()
  const late = setting.follow()
  await late.checkpoint()
  await setting.seed(3)
  const committed = await committedAttempts(setting.database)
  expect(await early.take(3)).toEqual(committed)
  expect(await late.take(3)).toEqual(committed)
})

test('a follower that joins while the reader looks for the one who has just left hears what lies before', async () => {
  await using setting = await prepare()
  const early = setting.follow()
  await early.checkpoint()
  const late = setting.follow()
  await late.checkpoint()
  await setting.seed(2)
  await early.take(2)
  const look = setting.holdNextLook()
  const pending = early.take(1)
  await setting.seed(1)
  await look.begun
  early.leave()
  await pending
  const heard = late.take(3)
  await turn()
  look.end()
  expect(await heard).toEqual(await committedAttempts(setting.database))
})

test('a follower from now reads nothing by itself while the reader has not passed it', async () => {
  await using setting = await prepare()
  const follower = setting.follow()
  await follower.checkpoint()
  await setting.seed(1)
  await follower.take(1)
  expect(setting.ownReads()).toBe(0)
})

test('the newest of a filter are looked for among so many attempts only', async () => {
  await using setting = await prepare()
  const watching = setting.follow()
  await watching.checkpoint()
  await setting.seed(1, 'rare')
  await setting.seed(2_500)
  await setting.seed(1, 'rare')
  // Committed is not yet shown, where an older transaction of anybody's is open.
  await watching.take(2_502)
  const follower = setting.follow({ last: 2, eventTypes: ['rare'] })
  await follower.checkpoint()
  const rare = await setting.database.query<{ id: string }>(
    "select postrider.id_of('att', id) as id from delivery_attempt where event_type = 'rare' order by feed_xid desc",
  )
  expect(await follower.take(1)).toEqual([rare[0]!.id])
  const all = setting.follow({ last: 2 })
  await all.checkpoint()
  expect(await all.take(2)).toEqual((await committedAttempts(setting.database)).slice(-2))
})

/** Pages that the shared reader asks for are of all applications, a follower's of its own. */
const ofAll = (values: readonly unknown[] | undefined) => values?.[4] === null

async function prepare() {
  await using preparing = new AsyncDisposableStack()
  const database = preparing.use(await createTestDatabase())
  const store = preparing.use(await openTestStore(database))
  const scope = { applicationId: newId('app'), organizationId: newId('org'), destinationId: newId('dst') }
  let held: { begin(): void; ended: Promise<void> } | undefined
  let ownReads = 0
  const sql: Store['sql'] = async (text, values) => {
    const isPage = text.includes('held as materialized')
    if (isPage && !ofAll(values)) ownReads += 1
    const rows = await store.sql(text, values)
    if (!isPage || !ofAll(values) || !held) return rows as never
    const { begin, ended } = held
    held = undefined
    begin()
    await ended
    return rows as never
  }
  const feed = preparing.use(openFeed({ store: { ...store, sql }, onError: console.error }))
  const prepared = preparing.move()
  return {
    database,
    ownReads: () => ownReads,
    seed: (count: number, eventType = 'a') =>
      seedAttempts(database, {
        ...scope,
        attempts: Array.from({ length: count }, () => ({ startedAt: new Date().toISOString(), eventType })),
      }),
    /** Keeps what the reader's next look has found from it, until `end`. */
    holdNextLook() {
      const begun = Promise.withResolvers<void>()
      const ended = Promise.withResolvers<void>()
      held = { begin: begun.resolve, ended: ended.promise }
      return { begun: begun.promise, end: ended.resolve }
    },
    follow({ last, eventTypes }: { last?: number; eventTypes?: string[] } = {}) {
      const leaving = new AbortController()
      const items = feed.follow({
        filter: { applicationId: scope.applicationId, eventTypes },
        last,
        signal: leaving.signal,
      })
      return {
        async checkpoint() {
          expect((await items.next()).value).toMatchObject({ kind: 'checkpoint' })
        },
        /** Ids of the next attempts; fewer when it leaves. */
        async take(count: number) {
          const ids: string[] = []
          while (ids.length < count) {
            const { value } = (await items.next()) as IteratorResult<FeedItem, undefined>
            if (!value) return ids
            if (value.kind === 'attempt') ids.push(value.attempt.id)
          }
          return ids
        },
        leave: () => leaving.abort(),
      }
    },
    [Symbol.asyncDispose]: () => prepared.disposeAsync(),
  }
}
