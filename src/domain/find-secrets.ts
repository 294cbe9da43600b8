import type { Secrets } from './secrets.ts'
import { MIN_SPELLING_LENGTH, type Search, type Span, searchText } from './spelling-index.ts'
import { lowerCodes, type TextCodes } from './text-codes.ts'
import { ESCAPES, unescapeText } from './unescape-text.ts'

/** Comparisons allowed for each character of a text, and for each text. */
const EFFORT = 2
const LEAST_EFFORT = 65_536
/** How often a text may have been escaped: JSON within JSON, a URL within it. */
const MAX_ESCAPED = 2

/**
 * Where a text holds secrets, from left to right, without overlaps: as they are and in any case, percent-encoded or escaped as
 * in JSON or HTML (any of their characters, twice at most), in base64 and base64url wherever they begin, and in hexadecimal.
 * Of a text that was cut off, also the beginning of a secret at its end. Takes a time that grows with the text alone: one that
 * almost holds secrets again and again counts as one as a whole.
 */
export function findSecrets(text: string, { spellings }: Secrets, isCut = false): Span[] {
  if (spellings.spellings.length === 0 || text.length < MIN_SPELLING_LENGTH) return []
  const search: Search = { index: spellings, isCut, effort: text.length * EFFORT + LEAST_EFFORT }
  const lower = lowerCodes(text)
  const written = searchText(lower, search)
  const found = ESCAPES.test(text) ? [...written, ...searchUnescaped(lower, search, MAX_ESCAPED)] : written
  if (search.effort < 0) return [[0, text.length]]
  return found.length > 1 ? merge(found) : found
}

function searchUnescaped(text: TextCodes, search: Search, rounds: number): Span[] {
  const unescaped = rounds > 0 ? unescapeText(text) : undefined
  if (!unescaped || search.effort < 0) return []
  const { plain, origins } = unescaped
  const found = [...searchText(plain, search), ...searchUnescaped(plain, search, rounds - 1)]
  return found.map(([start, end]) => [origins[start]!, origins[end]!])
}

export function holdsSecret(text: string, secrets: Secrets): boolean {
  return findSecrets(text, secrets).length > 0
}

function merge(spans: Span[]): Span[] {
  const merged: [number, number][] = []
  for (const [start, end] of spans.sort(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else merged.push([start, end])
  }
  return merged
}
