import { createHash } from 'node:crypto'
import { type ConnectorEvent, placeholdersOf, renderTemplate, renderWholly, valueAt } from 'postrider/connector'
import { fitsPattern } from './pattern.ts'
import { type Config, type Severity, severities } from './settings.ts'

/** https://developer.pagerduty.com/docs/send-alert-event, characters. */
const MAX_SUMMARY = 1_024
const MAX_DEDUP_KEY = 255
/** Ours: PagerDuty names no limit for the other texts. */
const MAX_TEXT = 1_024
const MAX_LINK = 2_048

/** The event as a whole may have 512 KB: https://developer.pagerduty.com/docs/events-api-v2-overview#size-limits */
const MAX_DETAILS_BYTES = 450 * 1_024
/** What is kept of details that are larger, characters; each takes six bytes of JSON at most. */
const MAX_EXCERPT = 50_000

interface Occasion {
  readonly config: Config
  readonly routingKey: string
  readonly isTest: boolean
}

/** The body of an alert event, version 2 of PagerDuty's Events API, as JSON. */
export function buildBody(event: ConnectorEvent, occasion: Occasion): string {
  const { config, routingKey, isTest } = occasion
  // A test is told apart, so that it changes no alert that is there, and always triggers one that people can see.
  const action = isTest ? 'trigger' : actionOf(event.type, config)
  const base = {
    routing_key: routingKey,
    event_action: action,
    dedup_key: dedupKeyOf(event, config, isTest),
  }
  if (action !== 'trigger') return JSON.stringify(base)
  const payload = { ...payloadOf(event, config, isTest), custom_details: detailsOf(event.data) }
  return JSON.stringify({ ...base, ...contextOf(event, config), payload })
}

function actionOf(type: string, { resolve, acknowledge }: Config): 'trigger' | 'acknowledge' | 'resolve' {
  if (resolve.some((pattern) => fitsPattern(pattern, type))) return 'resolve'
  return acknowledge.some((pattern) => fitsPattern(pattern, type)) ? 'acknowledge' : 'trigger'
}

function dedupKeyOf(event: ConnectorEvent, { dedupKey }: Config, isTest: boolean): string {
  const rendered = renderTemplate(dedupKey, event).toWellFormed().trim() || event.id
  const key = isTest ? `test-${rendered}` : rendered
  if (key.length <= MAX_DEDUP_KEY) return key
  return `${cut(key, MAX_DEDUP_KEY - 65)}-${digestOf(event, dedupKey)}`
}

/** Long keys that begin alike stay apart: of each value all of it counts, where the rendered text has its beginning. */
function digestOf(event: ConnectorEvent, template: string): string {
  const hash = createHash('sha256').update(renderTemplate(template, event))
  if (!isWithin(event.data)) return hash.digest('hex')
  for (const path of new Set(placeholdersOf(template))) {
    const value = valueAt(event, path) ?? ''
    hash.update(`\n${typeof value === 'object' ? JSON.stringify(value) : value}`)
  }
  return hash.digest('hex')
}

function payloadOf(event: ConnectorEvent, config: Config, isTest: boolean) {
  const render = (template: string | undefined, maxLength = MAX_TEXT) =>
    template ? cut(renderTemplate(template, event, (value = '') => cut(value, maxLength)).trim(), maxLength) : ''
  const summary = render(config.summary) || event.type
  const component = render(config.component)
  const group = render(config.group)
  const kind = render(config.class)
  return {
    summary: cut(isTest ? `Test: ${summary}` : summary, MAX_SUMMARY),
    source: render(config.source) || event.organizationId,
    severity: isTest ? 'info' : severityOf(event, config),
    timestamp: event.createdAt.toISOString(),
    ...(component && { component }),
    ...(group && { group }),
    ...(kind && { class: kind }),
  }
}

/** Words of other systems for the four that PagerDuty knows. */
const SYNONYMS: Readonly<Record<string, Severity>> = {
  fatal: 'critical',
  emergency: 'critical',
  alert: 'critical',
  crit: 'critical',
  err: 'error',
  warn: 'warning',
  notice: 'info',
  information: 'info',
  debug: 'info',
}

function severityOf(event: ConnectorEvent, { severity, severityByType }: Config): Severity {
  const byType = severityByType.find(({ type }) => fitsPattern(type, event.type))
  if (byType) return byType.severity
  const said = renderTemplate(severity, event, (value = '') => cut(value, MAX_TEXT))
    .trim()
    .toLowerCase()
  return severities.find((known) => known === said) ?? (Object.hasOwn(SYNONYMS, said) ? SYNONYMS[said]! : 'error')
}

/** Without the link when a value is not there, or they make no address that can be opened. */
function contextOf(event: ConnectorEvent, { client, link }: Config) {
  if (!link) return { client }
  const href = renderWholly(link, event, (value) => encodeURIComponent(cut(value, MAX_LINK)))
  return href !== undefined && href.length <= MAX_LINK && URL.canParse(href)
    ? { client, client_url: href, links: [{ href, text: `Open in ${client}` }] }
    : { client }
}

/** An object, as PagerDuty wants it. */
function detailsOf(data: unknown): object {
  if (data === null) return {}
  if (!isWithin(data)) return { data: '(nested too deeply to show)' }
  const json = JSON.stringify(data)
  if (Buffer.byteLength(json) > MAX_DETAILS_BYTES) return { excerpt: cut(json, MAX_EXCERPT) }
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : { data }
}

/** Deeper data could overflow the stack of JSON.stringify. */
const MAX_DEPTH = 500

function isWithin(value: unknown, depth = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((inner) => isWithin(inner, depth - 1))
}

/** At most `maxLength` UTF-16 units of well-formed text. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text.toWellFormed()
  return `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`.toWellFormed()
}
