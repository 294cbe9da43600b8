/** What an owner may use within a time: it fills evenly, so that a used-up one has a tenth of it after a tenth of the time. */
export interface Allowance {
  readonly owner: string
  readonly max: number
  readonly windowMs: number
}

export interface Accounts {
  /** Milliseconds until `amount` can be taken; 0 when it can be now. An untouched account gives any amount once. */
  waitMs(allowance: Allowance, amount: number): number
  /** Milliseconds until no more than a quarter is used: what an owner asks for at once is spread over these. */
  spreadMs(allowance: Allowance): number
  /** Takes it, whether or not it is there. */
  take(allowance: Allowance, amount: number): void
  read(allowance: Allowance): { used: number; emptyInMs: number }
}

const AT_ONCE = 0.25
/** Maximum accounts kept. Beyond it, unused ones are forgotten. */
const MAX_ACCOUNTS = 10_000

export function createAccounts(nowMs: () => number): Accounts {
  /** By owner and window: when nothing is used any more. */
  const emptyAtMs = new Map<string, number>()
  const keyOf = ({ owner, windowMs }: Allowance) => `${windowMs} ${owner}`
  const usedMs = (allowance: Allowance) => Math.max(0, (emptyAtMs.get(keyOf(allowance)) ?? 0) - nowMs())

  function forgetEmpty(): void {
    const now = nowMs()
    for (const [key, emptyAt] of emptyAtMs) if (emptyAt <= now) emptyAtMs.delete(key)
  }

  return {
    waitMs(allowance, amount) {
      const { max, windowMs } = allowance
      const used = usedMs(allowance)
      if (max === 0 || used === 0) return 0
      return Math.min(used, Math.max(0, used + (amount / max) * windowMs - windowMs))
    },
    spreadMs(allowance) {
      const { max, windowMs } = allowance
      return max === 0 ? 0 : Math.max(0, usedMs(allowance) - windowMs * AT_ONCE)
    },
    take(allowance, amount) {
      const { max, windowMs } = allowance
      if (max === 0) return
      emptyAtMs.set(keyOf(allowance), nowMs() + usedMs(allowance) + (amount / max) * windowMs)
      if (emptyAtMs.size > MAX_ACCOUNTS) forgetEmpty()
    },
    read(allowance) {
      const emptyInMs = usedMs(allowance)
      return { used: Math.round((emptyInMs / allowance.windowMs) * allowance.max), emptyInMs }
    },
  }
}
