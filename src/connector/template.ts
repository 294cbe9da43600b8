import type { ConnectorEvent } from './define-connector.ts'
import { writeJson } from './write-json.ts'

// The one template language of all connectors, so that what a customer has learned of one holds for the others.

const PLACEHOLDER = /\{\{ *([^{}\s]+) *\}\}/g

const ROOTS = new Set(['id', 'type', 'createdAt', 'organizationId', 'data'])

/** Why nothing would ever stand there: a placeholder that is no value of an event. For `refine` of a setting's schema. */
export function templateProblem(template: string): string | undefined {
  const wrong = placeholdersOf(template).find((path) => !ROOTS.has(path.split('.', 1)[0]!))
  return wrong && `holds {{${wrong}}}, which no event has: write {{data.${wrong}}} for a value of its data`
}

/** `{{path}}` that `renderTemplate` fills in, as they stand in a template. */
export function placeholdersOf(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), ([, path]) => path!)
}

/**
 * Puts values of the event into `{{type}}`, `{{id}}`, `{{createdAt}}`, `{{organizationId}}`, `{{data}}` and paths such as
 * `{{data.customer.name}}` or `{{data.lines.0.sku}}`. Each value passes `write`, which escapes it for the target (default: as it
 * is) and says what stands for one that is not there (default: nothing). What is around them is the customer's own, and stays.
 */
export function renderTemplate(
  template: string,
  event: ConnectorEvent,
  write: (value: string | undefined) => string = (value = '') => value,
): string {
  // A value that stands in it a hundred times is written once.
  const written = new Map<string, string>()
  return template.replace(PLACEHOLDER, (_, path: string) => {
    const known = written.get(path)
    if (known !== undefined) return known
    const text = write(textOf(valueAt(event, path)))
    written.set(path, text)
    return text
  })
}

/** What stands at a path of the event, such as `type` or `data.customer.name`; undefined when nothing does. */
export function valueAt({ id, type, createdAt, organizationId, data }: ConnectorEvent, path: string): unknown {
  const root: unknown = { id, type, createdAt: createdAt.toISOString(), organizationId, data }
  return path
    .split('.')
    .reduce((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), root)
}

/** More of one value than any message has room for. */
const MOST_CHARACTERS = 10_000

/**
 * A value as people read it: texts as they are, everything else as JSON, at most about 10,000 characters; undefined for null,
 * '' and what is not there.
 */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value.slice(0, MOST_CHARACTERS) : writeJson(value, MOST_CHARACTERS)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
