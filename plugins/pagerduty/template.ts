import type { ConnectorEvent } from 'postrider/connector'

const PLACEHOLDER = /\{\{ *([\w.-]+) *\}\}/g

/**
 * Puts values of the event into `{{type}}`, `{{id}}`, `{{createdAt}}`, `{{organizationId}}`, `{{data}}` and paths such as
 * `{{data.customer.name}}`. What is not there leaves nothing behind. Each value passes `write`, the text around them does not.
 */
export function renderTemplate(template: string, event: ConnectorEvent, write: (value: string) => string): string {
  // A value that stands in it a hundred times is written once.
  const written = new Map<string, string>()
  return template.replace(PLACEHOLDER, (_, path: string) => {
    const text = written.get(path) ?? write(textOf(valueAt(event, path)))
    written.set(path, text)
    return text
  })
}

function valueAt({ id, type, createdAt, organizationId, data }: ConnectorEvent, path: string): unknown {
  const root: unknown = { id, type, createdAt: createdAt.toISOString(), organizationId, data }
  return path
    .split('.')
    .reduce((value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined), root)
}

/** Large values stand in more than one template. */
const jsonTexts = new WeakMap<object, string>()

/** Texts as they are, everything else as JSON; nothing for null and what is not there. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (!isRecord(value)) return jsonOf(value)
  const text = jsonTexts.get(value) ?? jsonOf(value)
  jsonTexts.set(value, text)
  return text
}

/** Deeper data could overflow the stack of JSON.stringify. */
const MAX_DEPTH = 500

export const TOO_DEEP = '(nested too deeply to show)'

function jsonOf(value: unknown): string {
  return isWithin(value) ? JSON.stringify(value) : TOO_DEEP
}

export function isWithin(value: unknown, depth = MAX_DEPTH): boolean {
  if (!isRecord(value)) return true
  return depth > 0 && Object.values(value).every((inner) => isWithin(inner, depth - 1))
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
