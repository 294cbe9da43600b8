import { type FeedPosition, feedPositionBefore } from '../domain/feed-cursor.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import { type FeedFilter, type FeedPage, type FeedRow, matchesFeedFilter, readFeed } from './feed-sql.ts'

/** What one look at the table brought: rows that match, in order, and how far all is known. */
export type TailBatch = Pick<FeedPage, 'rows' | 'horizon'>

interface TailSubscription extends Disposable {
  /** The next batch; 'idle' after `idleMs` without one, 'lagging' when batches were dropped, 'stopped' at the end. */
  next(idleMs: number, signal: AbortSignal): Promise<TailBatch | 'idle' | 'lagging' | 'stopped'>
  /** Everything before it that matches was handed to this subscription. */
  readonly position: FeedPosition
}

/** The one reader of new attempts in a process. It looks only while somebody is subscribed. */
export interface FeedTail extends AsyncDisposable {
  /**
   * Batches from the tail's own position on, for a follower that stands at `from`: what lies between the two it has to
   * read itself, and what it has read it may be handed again. At most `maxQueued` batches wait for a slow follower.
   */
  subscribe(options: { from: FeedPosition; filter: FeedFilter; maxQueued: number }): TailSubscription
}

const PAGE_SIZE = 500
const POLL_MS = 1_000
/** While an older transaction holds attempts back: how soon to look again. */
const HELD_BACK_MS = 20
/**
 * After a look that brought attempts it rests, a millisecond for each attempt within these bounds: a look costs much the
 * same for one attempt and for a hundred, and so does a write to a socket for one message and for ten.
 */
const BUSY_COUNT = 10
const MIN_REST_MS = 100
const MAX_REST_MS = 250

export function startFeedTail(options: { store: Store; onError: (error: unknown) => void }): FeedTail {
  const { store, onError } = options
  const subscribers = new Audience()
  let position = feedPositionBefore(0, 0n)

  /** Hands on what is new. isHeldBack: attempts are committed that cannot be shown yet. */
  async function look(signal: AbortSignal): Promise<{ count: number; isHeldBack: boolean }> {
    for (let count = 0; ; ) {
      const from = position
      // Of all followers: on the pipeline's connections, where nobody's queries hold it up.
      const page = await readFeed(store.sql, from, { limit: PAGE_SIZE })
      // All subscribers left while we read, and a new first one reset the position: read again from there.
      if (position !== from) continue
      position = page.end
      count += page.rows.length
      for (const [subscriber, rows] of subscribers.route(page.rows)) subscriber.push({ rows, horizon: position })
      if (!page.hasMore || signal.aborted) return { count, isHeldBack: page.isHeldBack }
    }
  }

  const loop = startLoop({
    notifier: store.notifier,
    on: 'attempt',
    onError,
    async work({ signal, pause }) {
      if (subscribers.size === 0) return POLL_MS
      const { count, isHeldBack } = await look(signal)
      if (count >= BUSY_COUNT) await pause(Math.min(Math.max(count, MIN_REST_MS), MAX_REST_MS))
      return isHeldBack ? HELD_BACK_MS : POLL_MS
    },
  })
  return {
    subscribe({ from, filter, maxQueued }) {
      if (subscribers.size === 0) position = from
      const subscriber = new Subscriber({
        filter,
        maxQueued,
        reached: () => position,
        onDispose: () => subscribers.delete(subscriber),
      })
      subscribers.add(subscriber)
      loop.wake()
      return subscriber
    },
    async [Symbol.asyncDispose]() {
      for (const subscriber of subscribers.all()) subscriber.stop()
      await loop[Symbol.asyncDispose]()
    },
  }
}

/** Subscribers by what they may see, so that a row costs those it concerns, and a thousand others nothing. */
class Audience {
  readonly #byPlace = new Map<string, Set<Subscriber>>()
  size = 0

  add(subscriber: Subscriber): void {
    const place = placeOf(subscriber.filter)
    this.#byPlace.set(place, (this.#byPlace.get(place) ?? new Set()).add(subscriber))
    this.size += 1
  }

  delete(subscriber: Subscriber): void {
    const place = placeOf(subscriber.filter)
    const there = this.#byPlace.get(place)
    if (!there?.delete(subscriber)) return
    this.size -= 1
    if (there.size === 0) this.#byPlace.delete(place)
  }

  all(): Subscriber[] {
    return [...this.#byPlace.values()].flatMap((there) => [...there])
  }

  /** Of these rows, to each subscriber those that match. */
  route(rows: readonly FeedRow[]): Map<Subscriber, FeedRow[]> {
    const routed = new Map<Subscriber, FeedRow[]>()
    for (const row of rows) {
      const { applicationId, organizationId } = row.attempt
      for (const place of [placeOf({ applicationId, organizationId }), placeOf({ applicationId })]) {
        for (const subscriber of this.#byPlace.get(place) ?? []) {
          if (!matchesFeedFilter(subscriber.filter, row.attempt)) continue
          const own = routed.get(subscriber)
          if (own) own.push(row)
          else routed.set(subscriber, [row])
        }
      }
    }
    return routed
  }
}

function placeOf({ applicationId, organizationId }: FeedFilter): string {
  return organizationId ?? applicationId
}

/** Between the tail and one follower: a bounded queue that empties itself into 'lagging' when it runs over. */
class Subscriber implements TailSubscription {
  readonly filter: FeedFilter
  readonly #maxQueued: number
  readonly #reached: () => FeedPosition
  readonly #onDispose: () => void
  readonly #queue: TailBatch[] = []
  #state: 'open' | 'lagging' | 'stopped' = 'open'
  #wake: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #signal: AbortSignal | undefined

  constructor(options: {
    filter: FeedFilter
    maxQueued: number
    /** Where the tail stands. */
    reached: () => FeedPosition
    onDispose: () => void
  }) {
    this.filter = options.filter
    this.#maxQueued = options.maxQueued
    this.#reached = options.reached
    this.#onDispose = options.onDispose
  }

  get position(): FeedPosition {
    return this.#queue[0]?.horizon ?? this.#reached()
  }

  push(batch: TailBatch): void {
    if (this.#state !== 'open') return
    if (this.#queue.length >= this.#maxQueued) {
      this.#queue.length = 0
      this.#state = 'lagging'
    } else {
      this.#queue.push(batch)
    }
    this.#wake?.()
  }

  stop(): void {
    this.#state = 'stopped'
    this.#wake?.()
  }

  async next(idleMs: number, signal: AbortSignal): Promise<TailBatch | 'idle' | 'lagging' | 'stopped'> {
    if (this.#state === 'open' && this.#queue.length === 0 && !signal.aborted) await this.#wait(idleMs, signal)
    if (signal.aborted) return 'stopped'
    return this.#state === 'open' ? (this.#queue.shift() ?? 'idle') : this.#state
  }

  /** A thousand of them wait for each batch: the timer and the listener are made once, and used again. */
  #wait(idleMs: number, signal: AbortSignal): Promise<void> {
    if (this.#timer) this.#timer.refresh()
    else this.#timer = setTimeout(() => this.#wake?.(), idleMs)
    if (this.#signal !== signal) {
      this.#signal = signal
      signal.addEventListener('abort', () => this.#wake?.(), { once: true })
    }
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#onDispose()
  }
}
