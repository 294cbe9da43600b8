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
    bytes += sizeOf(character)
    if (bytes > maxBytes) break
    end += character.length
  }
  return `${wellFormed.slice(0, end)}…`
}

function sizeOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2
}
