import { lowerCase } from './lower-case.ts'
import type { Secrets } from './secrets.ts'
import { unescapeText } from './unescape-text.ts'

/** Where a secret stands: half-open, in characters. */
export type Span = readonly [start: number, end: number]

/**
 * Where a text holds secrets, from left to right, without overlaps: as they are and in any case, percent-encoded or escaped as
 * in JSON (any of their characters, once), in base64 and base64url wherever they begin, and in hexadecimal. Takes a time that
 * grows with the text alone, whatever is in it.
 */
export function findSecrets(text: string, secrets: Secrets): Span[] {
  if (text.length < secrets.shortest) return []
  const lower = lowerCase(text)
  const found = findAll(lower, secrets.spellings)
  if (text.includes('%') || text.includes('\\')) {
    const { plain, originOf } = unescapeText(lower)
    for (const [start, end] of findAll(lowerCase(plain), secrets.spellings))
      found.push([originOf(start), originOf(end)])
  }
  return found.length > 1 ? merge(found) : found
}

export function holdsSecret(text: string, secrets: Secrets): boolean {
  return findSecrets(text, secrets).length > 0
}

/** Fewer characters of a secret give nothing away. */
const MIN_CUT_LENGTH = 8

/** Where a text that was cut off ends in the beginning of a secret; its length when it does not. */
export function startOfCutSecret(text: string, { spellings }: Secrets): number {
  const lower = lowerCase(text)
  const starts = spellings.map((spelling) => {
    const begin = spelling.slice(0, MIN_CUT_LENGTH)
    let at = lower.indexOf(begin, Math.max(0, lower.length - spelling.length))
    while (at >= 0 && !spelling.startsWith(lower.slice(at))) at = lower.indexOf(begin, at + 1)
    return at < 0 ? text.length : at
  })
  return Math.min(text.length, ...starts)
}

function findAll(text: string, spellings: readonly string[]): Span[] {
  const found: Span[] = []
  for (const spelling of spellings) {
    let start = text.indexOf(spelling)
    while (start >= 0) {
      const end = start + spelling.length
      found.push([start, end])
      start = text.indexOf(spelling, end)
    }
  }
  return found
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
