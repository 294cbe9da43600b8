const CAPITAL_DOTTED_I = 0x130
const CAPITAL_SIGMA = 0x3a3
/** Letters whose lower case is longer than they are, or depends on what stands beside them. */
const ODD = /[\u0130\u03A3]/

/** Codes of UTF-16 in a buffer that has zeros behind them, for loops that look ahead. */
export interface TextCodes {
  readonly codes: Uint16Array
  readonly length: number
}

const ZEROS_BEHIND = 16

/** Codes of a text in lower case, each character in its place and by itself. */
export function lowerCodes(text: string): TextCodes {
  return codesOf(lowerCase(text))
}

/** In lower case, each character in its place and by itself. */
export function lowerCase(text: string): string {
  return (ODD.test(text) ? textOf(withoutOdd(text)) : text).toLowerCase()
}

export function codesFor(length: number): Uint16Array {
  return new Uint16Array(length + ZEROS_BEHIND)
}

export function textOf({ codes, length }: TextCodes): string {
  return Buffer.from(codes.buffer, codes.byteOffset, length * 2).toString('utf16le')
}

function codesOf(text: string): TextCodes {
  const { length } = text
  const codes = codesFor(length)
  Buffer.from(codes.buffer, 0, length * 2).write(text, 'utf16le')
  return { codes, length }
}

function withoutOdd(text: string): TextCodes {
  const { codes, length } = codesOf(text)
  for (let at = 0; at < length; at++) {
    if (codes[at] === CAPITAL_DOTTED_I) codes[at] = 0x69
    else if (codes[at] === CAPITAL_SIGMA) codes[at] = 0x3c3
  }
  return { codes, length }
}
