import type { TextCodes } from './text-codes.ts'

/** Where something stands: half-open, in characters. */
export type Span = readonly [start: number, end: number]

/** The shortest spelling that is found wherever it begins: it holds four characters from a place that is divided by four. */
export const MIN_SPELLING_LENGTH = 7

/**
 * Texts that are looked for at once. Each stands there four times: by its characters 1 to 4, 2 to 5, 3 to 6, and 4 to 7. Of a
 * text that is searched, every fourth place is looked at.
 */
export interface SpellingIndex {
  readonly spellings: readonly string[]
  /** By a hash of four characters: an entry, four times the number of a spelling and what it skips, plus one; or 0. */
  readonly heads: Uint32Array
  /** By the entry: another one with that hash, or 0. */
  readonly next: Uint32Array
  /** What a hash is shifted by. */
  readonly shift: number
}

/** Heads for each entry, as a power of two. */
const SPARSE_BITS = 3
const LEAST_BITS = 8
const MOST_BITS = 20

export function indexSpellings(given: readonly string[]): SpellingIndex {
  const spellings = given.filter(({ length }) => length >= MIN_SPELLING_LENGTH)
  const count = spellings.length * 4
  const bits = Math.min(MOST_BITS, Math.max(LEAST_BITS, Math.ceil(Math.log2(count + 1)) + SPARSE_BITS))
  const index = { spellings, heads: new Uint32Array(2 ** bits), next: new Uint32Array(count + 1), shift: 32 - bits }
  for (let entry = 1; entry <= count; entry++) {
    const spelling = spellings[(entry - 1) >> 2]!
    const at = (entry - 1) & 3
    const [a, b, c, d] = [0, 1, 2, 3].map((n) => spelling.charCodeAt(at + n)) as [number, number, number, number]
    const hash = hashOf(a | (b << 16), c | (d << 16)) >>> index.shift
    index.next[entry] = index.heads[hash]!
    index.heads[hash] = entry
  }
  return index
}

export interface Search {
  readonly index: SpellingIndex
  /** Whether a text that ends within a spelling holds it. */
  readonly isCut: boolean
  /** How much may still be compared. Negative when that was too much. */
  effort: number
}

/** What the comparison with a spelling costs beside the characters that are alike. */
const COST = 8

/**
 * Where a text holds spellings. Takes a time that grows with the text and `effort` alone, whatever is in it. What was found is
 * incomplete once that is used up.
 */
export function searchText({ codes, length }: TextCodes, search: Search): Span[] {
  const { index, isCut } = search
  const { heads, next, spellings, shift } = index
  const pairs = new Uint32Array(codes.buffer, codes.byteOffset, codes.length >> 1)
  const found: [number, number][] = []
  for (let at = 0; at + 4 <= length; at += 4) {
    let entry = heads[hashOf(pairs[at >> 1]!, pairs[(at >> 1) + 1]!) >>> shift]!
    for (; entry > 0; entry = next[entry]!) {
      const spelling = spellings[(entry - 1) >> 2]!
      const start = at - ((entry - 1) & 3)
      const end = start < 0 ? start : endOfLikeness({ codes, length }, start, spelling)
      search.effort -= COST + end - start
      const isCutOff = isCut && end === length && end - start >= MIN_SPELLING_LENGTH
      if (end - start === spelling.length || isCutOff) add(found, start, end)
    }
    if (search.effort < 0) return found
  }
  return found
}

/** Beside each other, they are one. */
function add(found: [number, number][], start: number, end: number): void {
  const last = found.at(-1)
  if (last && start >= last[0] && start <= last[1]) last[1] = Math.max(last[1], end)
  else found.push([start, end])
}

/** Of four characters, in pairs. */
function hashOf(one: number, other: number): number {
  return Math.imul(one, 0x9e3779b1) + Math.imul(other, 0x85ebca6b)
}

function endOfLikeness({ codes, length }: TextCodes, start: number, spelling: string): number {
  const most = Math.min(length, start + spelling.length)
  let at = start
  while (at < most && codes[at] === spelling.charCodeAt(at - start)) at++
  return at
}
