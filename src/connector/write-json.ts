/** A message shows a beginning; the stack would not bear all of what 256 KB of brackets nest. */
const DEEPEST = 100

/**
 * A value as JSON for people, written no further than about `max` characters, indented when asked: data may have 256 KB, or be
 * nested as deep as that allows, and only its beginning is shown.
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
