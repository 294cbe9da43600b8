export interface Unescaped {
  readonly plain: string
  /** Where a place between two characters of `plain` was in the text. */
  originOf(index: number): number
}

const ESCAPE = /%[\da-f]{2}|\\(?:u[\da-f]{4}|["\\/bfnrt])/g

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** Takes percent-encoding and JSON's escapes out of a text in lower case. Bytes that were percent-encoded are characters each. */
export function unescapeText(text: string): Unescaped {
  // Of each escape: where its character is in `plain`, and how many characters fewer `plain` has up to there.
  const places: number[] = []
  const shifts: number[] = []
  let shift = 0
  const plain = text.replace(ESCAPE, (written, at: number) => {
    places.push(at - shift)
    shift += written.length - 1
    shifts.push(shift)
    return meaningOf(written)
  })
  return {
    plain,
    originOf(index) {
      const before = countBelow(places, index)
      return index + (before === 0 ? 0 : shifts[before - 1]!)
    },
  }
}

function meaningOf(written: string): string {
  const letter = written[1]!
  if (written.length === 2) return SIMPLE_ESCAPES[letter] ?? letter
  return String.fromCharCode(Number.parseInt(written.slice(letter === 'u' ? 2 : 1), 16))
}

/** How many of the ascending numbers are below this one. */
function countBelow(ascending: readonly number[], bound: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < bound) low = middle + 1
    else high = middle
  }
  return low
}
