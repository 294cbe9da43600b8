// Slack takes three characters for markup: https://docs.slack.dev/messaging/formatting-message-text#escaping. What is
// escaped can mention nobody and link nowhere, and is shown as it was written, in plain text too.
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no text should have
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

/** The text as Slack shows it literally, at most `max` characters once it is escaped; what was cut ends in an ellipsis. */
export function fitText(text: string, max: number): string {
  // Escaping only lengthens: whatever is behind `max` is cut anyway.
  const clean = text
    .slice(0, max + 1)
    .toWellFormed()
    .replace(CONTROLS, '')
  const escaped = clean.replace(/[&<>]/g, (character) => ENTITIES[character]!)
  if (text.length <= max && escaped.length <= max) return escaped
  if (max < 1) return ''
  let cut = ''
  for (const character of clean) {
    const next = ENTITIES[character] ?? character
    if (cut.length + next.length >= max) break
    cut += next
  }
  return `${cut}…`
}

/** Counts the characters that several texts may have together. */
export interface Room {
  readonly left: number
  /** The text fitted into `max` characters, or into what is left. */
  fit(text: string, max: number): string
  /** Counts a text that is as it has to be. */
  take(text: string): string
}

export function createRoom(characters: number): Room {
  let left = characters
  const take = (text: string) => {
    left -= text.length
    return text
  }
  return {
    get left() {
      return left
    },
    fit: (text, max) => take(fitText(text, Math.min(max, left))),
    take,
  }
}
