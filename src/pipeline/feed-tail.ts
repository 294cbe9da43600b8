import { setTimeout as pause } from 'node:timers/promises'
import { type FeedPosition, feedPositionBefore } from '../domain/feed-cursor.ts'
import type { Bell } from '../store/bell.ts'
import { type FeedPage, readFeed } from '../store/feed.ts'
import type { Store } from '../store/store.ts'
import { createAlarm } from './alarm.ts'

/** What one look at the table brought: rows in order, and how far all is known. */
export type TailBatch = Pick<FeedPage, 'rows' | 'horizon'>

export interface TailSubscription extends Disposable {
  /** The next batch; 'idle' after `idleMs` without one, 'lagging' when batches were dropped, 'stopped' at the end. */
  next(idleMs: number, signal: AbortSignal): Promise<TailBatch | 'idle' | 'lagging' | 'stopped'>
  /** Everything before it was handed to this subscription. */
  readonly position: FeedPosition
}

/** The one reader of new attempts in a process. It looks only while somebody is subscribed. */
export interface FeedTail extends AsyncDisposable {
  /**
   * Batches from the tail's own position on, for a follower that stands at `from`: what lies between the two it has to
   * read itself, and what it has read it may be handed again. At most `maxQueued` batches wait for a slow follower.
   */
  subscribe(from: FeedPosition, maxQueued: number): TailSubscription
}

const PAGE_SIZE = 500
const POLL_MS = 1_000
/** While an older transaction holds attempts back: how soon to look again. */
const HELD_BACK_MS = 20
const BACK_OFF_MS = 500

export function startFeedTail(options: { store: Store; bell: Bell; onError: (error: unknown) => void }): FeedTail {
  const { store, bell, onError } = options
  const subscribers = new Set<Subscriber>()
  const alarm = createAlarm()
  let position = feedPositionBefore(0, 0n)
  let stopped = false

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        if (subscribers.size === 0) {
          await alarm.wait(POLL_MS)
        } else {
          await alarm.wait((await look()) ? HELD_BACK_MS : POLL_MS)
        }
      } catch (error) {
        onError(error)
        await pause(BACK_OFF_MS)
      }
    }
  }

  /** Hands on what is new; true when attempts are committed that cannot be shown yet. */
  async function look(): Promise<boolean> {
    for (;;) {
      const page = await readFeed(store, position, { limit: PAGE_SIZE })
      position = page.hasMore ? page.rows.at(-1)!.position : page.horizon
      for (const subscriber of subscribers) subscriber.push({ rows: page.rows, horizon: position })
      if (!page.hasMore) return page.isHeldBack
    }
  }

  const offBell = bell.on('attempt', alarm.wake)
  const running = run()
  return {
    subscribe(from, maxQueued) {
      if (subscribers.size === 0) position = from
      const subscriber = new Subscriber(maxQueued, position, () => subscribers.delete(subscriber))
      subscribers.add(subscriber)
      alarm.wake()
      return subscriber
    },
    async [Symbol.asyncDispose]() {
      stopped = true
      offBell()
      alarm.wake()
      for (const subscriber of subscribers) subscriber.stop()
      await running
    },
  }
}

/** Between the tail and one follower: a bounded queue that empties itself into 'lagging' when it runs over. */
class Subscriber implements TailSubscription {
  position: FeedPosition
  readonly #maxQueued: number
  readonly #onDispose: () => void
  readonly #queue: TailBatch[] = []
  #state: 'open' | 'lagging' | 'stopped' = 'open'
  #wake: (() => void) | undefined

  constructor(maxQueued: number, position: FeedPosition, onDispose: () => void) {
    this.#maxQueued = maxQueued
    this.position = position
    this.#onDispose = onDispose
  }

  push(batch: TailBatch): void {
    if (this.#state !== 'open') return
    this.position = batch.horizon
    if (batch.rows.length === 0) return
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

  #wait(idleMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, idleMs)
      signal.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }

  [Symbol.dispose](): void {
    this.#onDispose()
  }
}
