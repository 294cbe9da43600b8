import { type AttemptFeedItem, type AttemptFeedOptions, createAttemptFeed } from '../../src/client/attempt-feed.ts'
import type { TestDatabase } from './database.ts'

/** What a follower has heard so far, in that order. */
export interface Follower extends AsyncDisposable {
  readonly ids: readonly string[]
  readonly items: readonly AttemptFeedItem[]
  readonly cursor: string | undefined
  /** Resolves once `count` attempts came; rejects when the feed has ended before. */
  heard(count: number): Promise<void>
  /** What ended the feed. */
  readonly ended: Promise<unknown>
}

/** Follows by the client that is shipped, until it is disposed. `eachMs`: how long it takes over an item. */
export async function startFollower(
  options: Omit<AttemptFeedOptions, 'signal'> & { eachMs?: number },
): Promise<Follower> {
  const { eachMs = 0, ...feedOptions } = options
  const stopping = new AbortController()
  const ids: string[] = []
  const items: AttemptFeedItem[] = []
  let cursor: string | undefined
  let wake = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const run = async () => {
    for await (const item of createAttemptFeed({ ...feedOptions, signal: stopping.signal })) {
      begun.resolve()
      items.push(item)
      if (item.kind === 'attempt') ids.push(item.attempt.id)
      cursor = item.cursor
      wake.resolve()
      wake = Promise.withResolvers()
      if (eachMs > 0) await new Promise((resolve) => setTimeout(resolve, eachMs))
    }
  }
  const ended = run().then(
    () => undefined,
    (error: unknown) => error,
  )
  void ended.then((error) => begun.reject(error))
  await begun.promise
  return {
    ids,
    items,
    get cursor() {
      return cursor
    },
    ended,
    async heard(count) {
      const isOver = ended.then((error) => {
        throw new Error(`The feed has ended after ${ids.length} of ${count} attempts`, { cause: error })
      })
      isOver.catch(() => undefined)
      while (ids.length < count) await Promise.race([wake.promise, isOver])
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await ended
    },
  }
}

/** Ids of all attempts of the application, in the order of the feed, as the table has them. */
export async function committedAttempts(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select postrider.id_of('att', id) as id from delivery_attempt order by feed_epoch, feed_xid, id`,
  )
  return rows.map((row) => row.id)
}
