/**
 * Durations counted in bins whose bounds grow by a constant factor, so that histograms of any two times add up to that of
 * both, and a percentile is known within a relative error. After DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
 * fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019).
 *
 * Bin 0 holds 0 ms; bin n >= 1 what lies above BIN_GROWTH ** (n - 2) and up to BIN_GROWTH ** (n - 1) ms.
 */
/** Counts by bin; holes are none. */
export type DurationHistogram = number[]

/** A percentile is at most this share away from the true one, before it is rounded to whole milliseconds. */
export const RELATIVE_ERROR = 0.05
export const BIN_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)

export function addToHistogram(into: DurationHistogram, bins: readonly number[], counts: readonly number[]): void {
  for (let i = 0; i < bins.length; i += 1) into[bins[i]!] = (into[bins[i]!] ?? 0) + counts[i]!
}

/**
 * For each share, in rising order, the smallest duration that this share does not exceed (the nearest rank), milliseconds; null
 * of none.
 */
export function percentilesMs(histogram: DurationHistogram, shares: readonly number[]): (number | null)[] {
  const total = histogram.reduce((sum, count) => sum + count, 0)
  if (total === 0) return shares.map(() => null)
  let bin = 0
  let seen = histogram[0] ?? 0
  return shares.map((share) => {
    const rank = Math.max(1, Math.ceil(total * share))
    while (seen < rank) {
      bin += 1
      seen += histogram[bin] ?? 0
    }
    return Math.round(middleOf(bin))
  })
}

/** The value that is as far from the upper bound of its bin as from the lower, by ratio. */
function middleOf(bin: number): number {
  return bin === 0 ? 0 : (2 * BIN_GROWTH ** (bin - 1)) / (1 + BIN_GROWTH)
}
