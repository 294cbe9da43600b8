import type { Secrets } from './secrets.ts'
import { MIN_SPELLING_LENGTH, type Search, type Span, searchText } from './spelling-index.ts'
import { lowerCodes } from './text-codes.ts'
import { unescapeText } from './unescape-text.ts'

/** What is compared for each character of a text, and for each text. */
const EFFORT = 2
const LEAST_EFFORT = 65_536

/**
 * Where a text holds secrets, from left to right, without overlaps: as they are and in any case, percent-encoded or escaped as
 * in JSON (any of their characters, once), in base64 and base64url wherever they begin, and in hexadecimal. Of a text that was
 * cut off, also the beginning of a secret at its end. Takes a time that grows with the text alone: one that almost holds secrets
 * again and again counts as one as a whole.
 */
export function findSecrets(text: string, { spellings }: Secrets, isCut = false): Span[] {
  if (spellings.spellings.length === 0 || text.length < MIN_SPELLING_LENGTH) return []
  const search: Search = { index: spellings, isCut, effort: text.length * EFFORT + LEAST_EFFORT }
  const lower = lowerCodes(text)
  const found = searchText(lower, search)
  if (text.includes('%') || text.includes('\\')) {
    const { plain, origins } = unescapeText(lower)
    for (const [start, end] of searchText(plain, search)) found.push([origins[start]!, origins[end]!])
  }
  if (search.effort < 0) return [[0, text.length]]
  return found.length > 1 ? merge(found) : found
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
