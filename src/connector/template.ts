import type { ConnectorEvent } from './define-connector.ts'
import { writeJson } from './write-json.ts'

// The one template language of all connectors, so that what a customer has learned of one holds for the others.

const PLACEHOLDER = /\{\{ *([^{}\s]+) *\}\}/g

const ROOTS = new Set(['id', 'type', 'createdAt', 'organizationId', 'data'])

/** What the description of a setting says that is a template, so that all of them say it in the same words. */
export const PLACEHOLDERS =
  'May hold {{type}}, {{id}}, {{createdAt}}, {{organizationId}}, {{data}} and values of it such as {{data.customer.name}}.'

/** For `superRefine` of a setting that is a template: refuses what `templateProblem` finds. */
export function checkTemplate(template: string, context: { addIssue(message: string): void }): void {
  const problem = templateProblem(template)
  if (problem) context.addIssue(problem)
}

/** Why nothing would ever stand there: a placeholder that is not a value of an event. */
export function templateProblem(template: string): string | undefined {
  const wrong = placeholdersOf(template).find((path) => !ROOTS.has(path.split('.', 1)[0]!))
  return wrong && `holds {{${wrong}}}, which no event has: write {{data.${wrong}}} for a value of its data`
}

/** The paths of all `{{path}}` that `renderTemplate` fills in, as they stand in a template. */
export function placeholdersOf(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), ([, path]) => path!)
}

/** What a text is written for. */
export interface Placeholder {
  /** The value itself, for callers that have room for more than the 10,000 characters of its text. */
  readonly value: unknown
  /** How often it stands in the template: a value is written once, and what it is written as stands in all these places. */
  readonly times: number
}

/**
 * Puts values of the event into `{{type}}`, `{{id}}`, `{{createdAt}}`, `{{organizationId}}`, `{{data}}` and paths such as
 * `{{data.customer.name}}` or `{{data.lines.0.sku}}`. Each value passes `write`, which escapes it for the target (default: as it
 * is) and says what stands for one that is not there (default: nothing). What is around them is the customer's own, and stays.
 */
export function renderTemplate(
  template: string,
  event: ConnectorEvent,
  write: (text: string | undefined, placeholder: Placeholder) => string = (text = '') => text,
): string {
  const written = new Map<string, string>()
  for (const [path, { length: times }] of Map.groupBy(placeholdersOf(template), (path) => path)) {
    const value = valueAt(event, path)
    written.set(path, write(textOf(value), { value, times }))
  }
  return template.replace(PLACEHOLDER, (_, path: string) => written.get(path)!)
}

/** The same for addresses and keys, which would be others without one of their values: undefined when any is not there. */
export function renderWholly(
  template: string,
  event: ConnectorEvent,
  write: (text: string, placeholder: Placeholder) => string = (text) => text,
): string | undefined {
  let isWhole = true
  const rendered = renderTemplate(template, event, (text, placeholder) => {
    if (text !== undefined) return write(text, placeholder)
    isWhole = false
    return ''
  })
  return isWhole ? rendered : undefined
}

/** What stands at a path of the event, such as `type` or `data.customer.name`; undefined when nothing does. */
export function valueAt({ id, type, createdAt, organizationId, data }: ConnectorEvent, path: string): unknown {
  const root: unknown = { id, type, createdAt: createdAt.toISOString(), organizationId, data }
  return path
    .split('.')
    .reduce((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), root)
}

/** More of one value than most messages have room for. */
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
