import { codesFor, lowerCodes, type TextCodes, textOf } from './text-codes.ts'

export interface Unescaped {
  /** In lower case. */
  readonly plain: TextCodes
  /** Where each character of `plain` was in the text; one more for its end. */
  readonly origins: Int32Array
}

/** What escapes begin with. */
export const ESCAPES = /[%&\\]/

const PERCENT = 0x25
const AMPERSAND = 0x26
const BACKSLASH = 0x5c
const LETTER_U = 0x75
const LETTER_X = 0x78
const NUMBER_SIGN = 0x23
const SEMICOLON = 0x3b
const MAX_ASCII = 0x7f
const MAX_CODE = 0xffff

/** What follows a backslash in JSON, and what it means. */
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
/** By the code of a character; negative for others. */
const MEANINGS = tableOf((character) => SIMPLE_ESCAPES[character]?.charCodeAt(0))
const DIGITS = tableOf((character) => (/[\da-f]/.test(character) ? Number.parseInt(character, 16) : undefined))

/** What stands in HTML for characters that would mean something there, by the code of the first letter. */
const REFERENCES = Map.groupBy(
  Object.entries({ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" }).map(([text, meaning]) => ({
    text,
    meaning: meaning.charCodeAt(0),
  })),
  ({ text }) => text.charCodeAt(1),
)
/** Of references by number, such as &#x0041; with zeros that nobody needs. */
const MAX_REFERENCE_LENGTH = 12

/**
 * Takes percent-encoding, JSON's escapes and HTML's character references out of a text in lower case, once. Bytes that were
 * percent-encoded are characters each. Undefined when there are none.
 */
export function unescapeText({ codes, length }: TextCodes): Unescaped | undefined {
  const plain = codesFor(length)
  const origins = new Int32Array(length + 1)
  let count = 0
  let seen = 0
  for (let at = 0; at < length; count++) {
    const code = codes[at]!
    const written =
      code === PERCENT ? percentAt(codes, at) : code === BACKSLASH ? backslashAt(codes, at) : referenceAt(codes, at)
    const meaning = written === 0 ? code : lowerAscii(written & MAX_CODE)
    plain[count] = meaning
    origins[count] = at
    seen |= meaning
    at += written === 0 ? 1 : written >>> 16
  }
  if (count === length) return undefined
  origins[count] = length
  const unescaped = { codes: plain, length: count }
  return { plain: seen > MAX_ASCII ? lowerCodes(textOf(unescaped)) : unescaped, origins }
}

// An escape is a number: its length above 16 bits that say what it means. 0 is none.

function escapeOf(size: number, meaning: number): number {
  return meaning < 0 || meaning > MAX_CODE ? 0 : (size << 16) | meaning
}

function percentAt(codes: Uint16Array, at: number): number {
  return escapeOf(3, (DIGITS[codes[at + 1]!]! << 4) | DIGITS[codes[at + 2]!]!)
}

/** A digit that is none is negative, and makes negative what it is joined with. */
function backslashAt(codes: Uint16Array, at: number): number {
  if (codes[at + 1] !== LETTER_U) return escapeOf(2, MEANINGS[codes[at + 1]!]!)
  const high = (DIGITS[codes[at + 2]!]! << 12) | (DIGITS[codes[at + 3]!]! << 8)
  return escapeOf(6, high | (DIGITS[codes[at + 4]!]! << 4) | DIGITS[codes[at + 5]!]!)
}

function referenceAt(codes: Uint16Array, at: number): number {
  if (codes[at] !== AMPERSAND) return 0
  if (codes[at + 1] === NUMBER_SIGN) return numberAt(codes, at)
  for (const { text, meaning } of REFERENCES.get(codes[at + 1]!) ?? [])
    if (standsAt(codes, at, text)) return escapeOf(text.length, meaning)
  return 0
}

function standsAt(codes: Uint16Array, at: number, text: string): boolean {
  let n = 1
  while (n < text.length && codes[at + n] === text.charCodeAt(n)) n++
  return n === text.length
}

function numberAt(codes: Uint16Array, at: number): number {
  const base = codes[at + 2] === LETTER_X ? 16 : 10
  const start = at + (base === 16 ? 3 : 2)
  let meaning = 0
  for (let n = start; n < at + MAX_REFERENCE_LENGTH; n++) {
    const code = codes[n]!
    if (code === SEMICOLON) return n === start ? 0 : escapeOf(n + 1 - at, meaning)
    const digit = DIGITS[code]!
    if (digit < 0 || digit >= base) return 0
    meaning = meaning * base + digit
  }
  return 0
}

function lowerAscii(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
}

function tableOf(meaningOf: (character: string) => number | undefined): Int8Array {
  const table = new Int8Array(MAX_CODE + 1).fill(-1)
  for (let code = 0; code <= MAX_ASCII; code++) table[code] = meaningOf(String.fromCharCode(code)) ?? -1
  return table
}
