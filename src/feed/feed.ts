import { compareFeedPositions, type FeedPosition, laterFeedPosition } from '../domain/feed-cursor.ts'
import type { DeliveryAttempt } from '../store/delivery-attempt.ts'
import { retryWhileUnavailable } from '../store/retry-while-unavailable.ts'
import type { Store } from '../store/store.ts'
import { expiryOf, type FeedReset, resetOf } from './feed-reset.ts'
import { type FeedFilter, feedBounds, feedPositionOfLast, readFeed } from './feed-sql.ts'
import { type FeedTail, startFeedTail, type TailBatch } from './feed-tail.ts'
import { createTurns, PAGE_COST, type Pace, unpaced } from './pace.ts'

/** One item of the feed; resuming after its position repeats none and skips none. */
export type FeedItem =
  | { readonly kind: 'attempt'; readonly position: FeedPosition; readonly attempt: DeliveryAttempt }
  /** Nothing to show up to here. `caughtUp`: what follows is live. */
  | { readonly kind: 'checkpoint'; readonly position: FeedPosition; readonly caughtUp: boolean }
  | FeedReset

interface FollowOptions {
  readonly filter: FeedFilter
  /** Start behind this position; from now when undefined. */
  readonly after?: FeedPosition | undefined
  /** Without `after`: start with this number of the newest attempts. */
  readonly last?: number | undefined
  readonly signal: AbortSignal
  /** Slows the follower down. Undefined: nothing does. */
  readonly pace?: Pace | undefined
}

export interface Feed extends AsyncDisposable {
  /** Every attempt that matches, in the order in which they were committed. Ends with the signal. */
  follow(options: FollowOptions): AsyncGenerator<FeedItem, void, void>
}

const CHECKPOINT_EVERY_MS = 10_000
/** Batches a live follower may fall behind before it goes back to reading pages. */
const MAX_QUEUED = 64

/** As long as there is a follower; the tail tells of what goes wrong. */
const quietly = { onError: () => undefined }

/** The attempt table is the log: followers read pages until they meet the one shared tail, then live off that. */
export function openFeed(options: { store: Store; onError: (error: unknown) => void }): Feed {
  const tail = startFeedTail(options)
  return {
    follow: (followOptions) => follow(options.store, tail, followOptions),
    [Symbol.asyncDispose]: () => tail[Symbol.asyncDispose](),
  }
}

/** An outage is sat out: the follower stands where it stood, and goes on from there. */
async function* follow(store: Store, tail: FeedTail, options: FollowOptions): AsyncGenerator<FeedItem, void, void> {
  const { filter, signal, pace = unpaced, after, last } = options
  using turns = createTurns(pace, signal)
  await turns.take()
  if (signal.aborted) return
  const retrying = <T>(work: () => Promise<T>) => retryWhileUnavailable(work, { ...quietly, signal })
  const bounds = await retrying(() => feedBounds(store.reads))
  let position = after ?? (last ? await retrying(() => feedPositionOfLast(store.reads, filter, last)) : bounds.horizon)
  if (after) {
    const reset = await retrying(() => resetOf(store.reads, after, { filter, bounds }))
    if (reset) yield reset
    position = reset?.position ?? position
  }
  let caughtUp = !after && !last
  yield { kind: 'checkpoint', position, caughtUp }
  let isBehind = !caughtUp
  for (;;) {
    await turns.take()
    if (signal.aborted) return
    using subscription = isBehind ? undefined : tail.subscribe({ from: position, filter, maxQueued: MAX_QUEUED })
    if (!subscription || compareFeedPositions(subscription.position, position) > 0) {
      // Behind the tail. Nearly there, it is subscribed first and reads then: between the two nothing can be missed.
      const from = position
      const page = await retrying(() => readFeed(store.reads, from, { filter, limit: pace.pageSize }))
      await pace.spend(PAGE_COST + page.rows.length, signal)
      const reset = expiryOf(position, page.lostUntil)
      if (reset) {
        // Retention has overtaken a follower that reads slowly.
        yield reset
        position = reset.position
        isBehind = true
        continue
      }
      for (const row of page.rows) yield { kind: 'attempt', ...row }
      position = page.end
      isBehind = page.hasMore
      // A rare filter: the cursor moves on although there was nothing to show.
      if (page.hasMore && page.rows.length === 0) yield { kind: 'checkpoint', position, caughtUp: false }
      if (!subscription || page.hasMore) continue
    }
    if (!caughtUp) yield { kind: 'checkpoint', position, caughtUp: true }
    caughtUp = true
    turns.giveBack()
    for await (const item of live(subscription, position, { signal, pace })) {
      position = item.position
      yield item
    }
    isBehind = true
  }
}

/** Follows the tail from `position` until the signal ends it or the follower has fallen too far behind. */
async function* live(
  subscription: ReturnType<FeedTail['subscribe']>,
  from: FeedPosition,
  { signal, pace }: { signal: AbortSignal; pace: Pace },
): AsyncGenerator<FeedItem, void, void> {
  let position = from
  while (!signal.aborted) {
    const batch = await subscription.next(CHECKPOINT_EVERY_MS, signal)
    if (batch === 'lagging' || batch === 'stopped') return
    if (batch === 'idle') {
      position = laterFeedPosition(position, subscription.position)
      yield { kind: 'checkpoint', position, caughtUp: true }
      continue
    }
    const rows = unseen(batch, position)
    if (rows.length > 0) await pace.spend(rows.length, signal)
    for (const row of rows) {
      position = row.position
      yield { kind: 'attempt', ...row }
    }
    position = laterFeedPosition(position, batch.horizon)
  }
}

function unseen(batch: TailBatch, position: FeedPosition): TailBatch['rows'] {
  return batch.rows.filter((row) => compareFeedPositions(row.position, position) > 0)
}
