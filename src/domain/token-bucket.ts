/** A bucket of at most a tenth of a second's worth, and never less than one: so bursts stay small. */
const BUCKET_MS = 100

export interface TokenBucket {
  /** Requests a second. */
  readonly rate: number
  /** Milliseconds from now at which a bucket that is drained evenly would be full again; negative when it is. */
  readonly fullInMs: number
}

/** Takes up to `wanted` tokens of a bucket of `bucketMs`' worth. `opensInMs` says when there is one again. */
export function takeTokens(
  { rate, fullInMs }: TokenBucket,
  wanted: number,
  bucketMs = BUCKET_MS,
): { taken: number; fullInMs: number; opensInMs: number } {
  const intervalMs = 1_000 / rate
  const sizeMs = Math.max(intervalMs, bucketMs)
  const backlogMs = Math.max(fullInMs, 0)
  const taken = Math.max(0, Math.min(wanted, Math.floor((sizeMs - backlogMs) / intervalMs + 1e-9)))
  const nextFullInMs = backlogMs + taken * intervalMs
  return { taken, fullInMs: nextFullInMs, opensInMs: Math.max(0, nextFullInMs + intervalMs - sizeMs) }
}
