/**
 * At most `maxBytes` of JSON, never half a character. Counted as JSON has it, because Teams limits the size of the whole:
 * half characters and control characters take six bytes there.
 */
export function cut(text: string, maxBytes: number): string {
  const start = text.slice(0, maxBytes + 1).replace(/[\uD800-\uDBFF]$/, '')
  const wellFormed = start.toWellFormed()
  if (start.length === text.length && sizeOf(wellFormed) <= maxBytes) return wellFormed
  let bytes = sizeOf('…')
  let end = 0
  for (const character of wellFormed) {
    bytes += sizeOfCharacter(character)
    if (bytes > maxBytes) break
    end += character.length
  }
  return `${wellFormed.slice(0, end)}…`
}

function sizeOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2
}

/** The same of one character, which asks JSON only where a character may be escaped. */
function sizeOfCharacter(character: string): number {
  const code = character.codePointAt(0)!
  if (code < 0x80) return code < 0x20 || character === '"' || character === '\\' ? sizeOf(character) : 1
  return code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}
