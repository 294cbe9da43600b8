import { codesFor, lowerCodes, type TextCodes, textOf } from './text-codes.ts'

export interface Unescaped {
  /** In lower case. */
  readonly plain: TextCodes
  /** Where each character of `plain` was in the text; one more for its end. */
  readonly origins: Int32Array
}

const PERCENT = 0x25
const BACKSLASH = 0x5c
const LETTER_U = 0x75
const MAX_ASCII = 0x7f

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

/** Takes percent-encoding and JSON's escapes out of a text in lower case. Bytes that were percent-encoded are characters each. */
export function unescapeText({ codes, length }: TextCodes): Unescaped {
  const plain = codesFor(length)
  const origins = new Int32Array(length + 1)
  let count = 0
  let seen = 0
  for (let at = 0; at < length; count++) {
    const code = codes[at]!
    let size = 1
    let meaning = code
    if (code === PERCENT) {
      meaning = (DIGITS[codes[at + 1]!]! << 4) | DIGITS[codes[at + 2]!]!
      size = 3
    } else if (code === BACKSLASH) {
      const isLong = codes[at + 1] === LETTER_U
      meaning = isLong ? fourDigits(codes, at + 2) : MEANINGS[codes[at + 1]!]!
      size = isLong ? 6 : 2
    }
    if (meaning < 0) {
      meaning = code
      size = 1
    } else if (meaning >= 0x41 && meaning <= 0x5a) meaning += 0x20
    plain[count] = meaning
    origins[count] = at
    seen |= meaning
    at += size
  }
  origins[count] = length
  const unescaped = { codes: plain, length: count }
  return { plain: seen > MAX_ASCII ? lowerCodes(textOf(unescaped)) : unescaped, origins }
}

/** Negative when one of them is not a digit: its sign stays, whatever the others are. */
function fourDigits(codes: Uint16Array, at: number): number {
  return (
    (DIGITS[codes[at]!]! << 12) |
    (DIGITS[codes[at + 1]!]! << 8) |
    (DIGITS[codes[at + 2]!]! << 4) |
    DIGITS[codes[at + 3]!]!
  )
}

function tableOf(meaningOf: (character: string) => number | undefined): Int8Array {
  const table = new Int8Array(65_536).fill(-1)
  for (let code = 0; code <= MAX_ASCII; code++) table[code] = meaningOf(String.fromCharCode(code)) ?? -1
  return table
}
