import type { ConnectorEvent } from 'postrider/connector'
import { writeJson } from 'postrider/connector'

/** What stands for a value that the event does not have. */
export const MISSING = '–'

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g

/** More of one value than any place in a message has room for. */
const MOST_CHARACTERS = 10_000

/** The text with each `{{ path }}` replaced by what `insert` makes of its value, undefined where the event has none. */
export function fillTemplate(
  template: string,
  event: ConnectorEvent,
  insert: (value: string | undefined) => string,
): string {
  return template.replace(PLACEHOLDER, (_, path: string) => insert(textAt(event, path.trim())))
}

/** Like fillTemplate, of values as they are; undefined when the event lacks any of them. */
export function fillWholly(
  template: string,
  event: ConnectorEvent,
  insert: (value: string) => string = (value) => value,
): string | undefined {
  let isWhole = true
  const filled = fillTemplate(template, event, (value) => {
    if (value === undefined) isWhole = false
    return value === undefined ? '' : insert(value)
  })
  return isWhole ? filled : undefined
}

/** What a template says apart from its values. */
export function literalLength(template: string): number {
  return template.replace(PLACEHOLDER, '').length
}

/** The value at a path as text; undefined when it is missing, null or empty. */
export function textAt(event: ConnectorEvent, path: string): string | undefined {
  const value = valueAt(event, path)
  if (value === undefined || value === null || value === '') return undefined
  return (typeof value === 'string' ? value : writeJson(value, MOST_CHARACTERS)).slice(0, MOST_CHARACTERS)
}

/**
 * Looks up `order.id` or the JSON pointer `/order/id` (RFC 6901) in the event's data. `event.id`, `event.type`,
 * `event.createdAt`, `event.organizationId` and `event.data…` are the event's own, as in filters and transforms.
 */
function valueAt(event: ConnectorEvent, path: string): unknown {
  const parts = partsOf(path)
  if (path.startsWith('/') || parts[0] !== 'event') return descend(event.data, parts)
  const [, name, ...inside] = parts
  if (name === 'data') return descend(event.data, inside)
  if (name === 'createdAt') return event.createdAt.toISOString()
  return name === 'id' || name === 'type' || name === 'organizationId' ? descend(event[name], inside) : undefined
}

/** The last part of a path, for people. */
export function nameOf(path: string): string {
  return partsOf(path).at(-1) ?? path
}

function partsOf(path: string): string[] {
  if (!path.startsWith('/')) return path.split('.')
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function descend(from: unknown, parts: readonly string[]): unknown {
  let value = from
  for (const part of parts) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}
