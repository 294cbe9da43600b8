import { DAY_MS } from './day.ts'

/** Longest wait that a receiver's Retry-After can ask for. */
const MAX_RETRY_AFTER_MS = DAY_MS

export interface RetryQuestion {
  /** Delay before retry n, seconds; its length is the number of retries. */
  readonly delaysS: readonly number[]
  /** 0 to 1: each delay is spread by plus or minus this share. */
  readonly jitter: number
  /** The attempt that just failed; the first is 1. */
  readonly attemptNumber: number
  /** What the receiver asked for; raises the delay, never lowers it. */
  readonly retryAfterMs?: number | undefined
  /** Uniform in [0, 1). */
  readonly random: number
}

/** Milliseconds until the next attempt; undefined when the schedule is used up. */
export function retryDelayMs(question: RetryQuestion): number | undefined {
  const delayS = question.delaysS[question.attemptNumber - 1]
  if (delayS === undefined) return undefined
  const spread = 1 + question.jitter * (2 * question.random - 1)
  const askedMs = Math.min(question.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return Math.max(Math.round(delayS * 1_000 * spread), askedMs)
}
