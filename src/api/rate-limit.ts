import { takeTokens } from '../domain/token-bucket.ts'
import { apiError } from './mask-error.ts'
import type { Principal } from './principal.ts'

/** Counts an operation of the caller's; throws RATE_LIMITED with the seconds to wait. */
export type RateLimit = (principal: Principal) => void

/** Bursts of a second's worth. */
const BUCKET_MS = 1_000
/** Callers whose buckets are kept; beyond, those that are full again are forgotten. */
const MAX_BUCKETS = 10_000

/** Operations a second of each API key, each portal session's organization, and the operator, in this process. 0: no limit. */
export function createRateLimit(rate: number, nowMs: () => number): RateLimit {
  if (rate === 0) return () => undefined
  const fullAtMs = new Map<string, number>()
  return (principal) => {
    const now = nowMs()
    const caller = callerOf(principal)
    const { taken, fullInMs, opensInMs } = takeTokens(
      { rate, fullInMs: (fullAtMs.get(caller) ?? 0) - now },
      1,
      BUCKET_MS,
    )
    if (taken === 0) {
      const seconds = Math.max(1, Math.ceil(opensInMs / 1_000))
      throw apiError(
        'RATE_LIMITED',
        `More than ${rate} operations a second (POSTRIDER_RATE_LIMIT); wait ${seconds} s`,
        {
          'retry-after': String(seconds),
        },
      )
    }
    fullAtMs.set(caller, now + fullInMs)
    if (fullAtMs.size > MAX_BUCKETS) {
      for (const [key, fullAt] of fullAtMs) if (fullAt <= now) fullAtMs.delete(key)
    }
  }
}

function callerOf(principal: Principal): string {
  if (principal.kind === 'ORGANIZATION') return principal.organizationId
  return principal.keyId ?? 'operator'
}
