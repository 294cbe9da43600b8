/**
 * Durations counted in bins whose bounds grow by a constant factor, so that histograms of any two times add up to that of
 * both, and a percentile is known within a relative error. After DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
 * fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019).
 *
 * Bin 0 holds 0 ms; bin n >= 1 what lies above BIN_GROWTH ** (n - 2) and up to BIN_GROWTH ** (n - 1) ms.
 */
export type DurationHistogram = Map<number, number>

/** A percentile is at most this share away from the true one, before it is rounded to whole milliseconds. */
export const RELATIVE_ERROR = 0.05
export const BIN_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)

export function addToHistogram(into: DurationHistogram, bins: readonly number[], counts: readonly number[]): void {
  bins.forEach((bin, index) => {
    into.set(bin, (into.get(bin) ?? 0) + counts[index]!)
  })
}

/** The smallest duration that `share` of all do not exceed (the nearest rank), milliseconds; null of none. */
export function percentileMs(histogram: DurationHistogram, share: number): number | null {
  let total = 0
  for (const count of histogram.values()) total += count
  const rank = Math.max(1, Math.ceil(total * share))
  let seen = 0
  for (const [bin, count] of [...histogram].toSorted(([a], [b]) => a - b)) {
    seen += count
    if (seen >= rank) return Math.round(middleOf(bin))
  }
  return null
}

/** The value that is as far from the upper bound of its bin as from the lower, by ratio. */
function middleOf(bin: number): number {
  return bin === 0 ? 0 : (2 * BIN_GROWTH ** (bin - 1)) / (1 + BIN_GROWTH)
}
