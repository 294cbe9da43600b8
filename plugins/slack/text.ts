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

/** A message shows a beginning; the stack would not bear all of what 256 KB of brackets nest. */
const DEEPEST = 100

/**
 * A value as JSON, written no further than about `max` characters: data may have 256 KB, or be nested as deep as that
 * allows, and only its beginning is shown.
 */
export function writeJson(value: unknown, max: number, indent: '' | '  ' = ''): string {
  let text = ''
  const visit = (item: unknown, pad: string, depth: number): void => {
    if (typeof item === 'string') text += JSON.stringify(item.slice(0, max + 1))
    else if (item === null || typeof item !== 'object') text += String(item)
    else if (depth > DEEPEST) text += '…'
    else visitAll(item, pad, depth)
  }
  const visitAll = (item: object, pad: string, depth: number): void => {
    const inner = pad + indent
    let isFirst = true
    const next = () => {
      if (text.length > max) return false
      text += `${isFirst ? '' : ','}${indent && `\n${inner}`}`
      isFirst = false
      return true
    }
    const isList = Array.isArray(item)
    text += isList ? '[' : '{'
    if (isList) {
      for (const one of item) {
        if (!next()) return
        visit(one, inner, depth + 1)
      }
    } else {
      // Not by Object.entries: of 20,000 members only the first are shown.
      for (const name in item) {
        if (!next()) return
        text += `${JSON.stringify(name.slice(0, max + 1))}:${indent && ' '}`
        visit((item as Record<string, unknown>)[name], inner, depth + 1)
      }
    }
    text += `${isFirst || !indent ? '' : `\n${pad}`}${isList ? ']' : '}'}`
  }
  visit(value, '', 1)
  return text
}
