/** Chance that is the same for the same seed. */
export interface Dice {
  /** An integer from 0 to below `n`. */
  below(n: number): number
  pick<T>(list: readonly T[]): T
  bytes(most: number): Buffer
}

/** mulberry32: small, and good enough to vary tests. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    below,
    pick: (list) => list[below(list.length)]!,
    bytes: (most) => Buffer.from(Array.from({ length: below(most) }, () => below(256))),
  }
}
