import { setTimeout as pause } from 'node:timers/promises'
import { type Pace, unpaced } from '../../feed/pace.ts'
import type { Accounts, Allowance } from './accounts.ts'
import type { Place, Places } from './places.ts'

export interface FeedPaceOptions {
  readonly accounts: Accounts
  readonly places: Places
  /** What its items are taken from; empty: nothing. */
  readonly allowances: readonly Allowance[]
  /** Among whom it waits for a turn; empty: it does not. */
  readonly turns: readonly Place[]
  readonly costOfItem: number
}

/** Few, so that they are spread evenly. */
const PAGE_SIZE = 25

const NOTHING: Disposable = { [Symbol.dispose]: () => undefined }

/** Makes followers wait where operations are refused. */
export function createFeedPace({ accounts, places, allowances, turns, costOfItem }: FeedPaceOptions): Pace {
  return {
    pageSize: allowances.length > 0 ? PAGE_SIZE : unpaced.pageSize,
    async turn(signal) {
      const taken = turns.length > 0 ? places.wait(turns, { maxWaiting: Number.POSITIVE_INFINITY, signal }) : undefined
      // A follower that ends looks at its signal.
      return (await taken?.catch(() => undefined)) ?? NOTHING
    },
    async spend(attempts, signal) {
      for (const allowance of allowances) accounts.take(allowance, attempts * costOfItem)
      for (;;) {
        const waitMs = Math.max(0, ...allowances.map((allowance) => accounts.spreadMs(allowance)))
        if (waitMs === 0 || signal.aborted) return
        await pause(waitMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
