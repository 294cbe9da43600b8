import type { Classification, ConnectorDefinition, ConnectorResponse } from '../connector/define-connector.ts'
import { parseClassification } from '../connector/parse-result.ts'
import { outcomeOfResponse } from '../domain/outcome.ts'
import type { Subject } from './subject.ts'

/** An answer, and what it is called. */
export interface Probe {
  readonly name: string
  readonly response: ConnectorResponse
}

const HTML = '<!doctype html><html><head><title>Sign in</title></head><body><h1>502 Bad Gateway</h1></body></html>'
const json = { 'content-type': 'application/json' }

/** What any service may answer one day, whatever its documentation says. */
const usual: readonly Probe[] = [
  { name: 'nothing', response: { statusCode: 200, headers: {}, body: '' } },
  { name: 'HTML', response: { statusCode: 200, headers: { 'content-type': 'text/html' }, body: HTML } },
  { name: 'JSON that was cut off', response: { statusCode: 200, headers: json, body: '{"ok": true, "me' } },
  { name: 'JSON that is null', response: { statusCode: 200, headers: json, body: 'null' } },
  { name: 'JSON that is a list', response: { statusCode: 400, headers: json, body: '[1, "two", null]' } },
  { name: 'a redirect', response: { statusCode: 302, headers: { location: 'https://example.com/' }, body: '' } },
  { name: 'a text of 4,096 characters', response: { statusCode: 400, headers: {}, body: 'x'.repeat(4_096) } },
  { name: 'a status that nobody knows', response: { statusCode: 599, headers: {}, body: '\uFFFD' } },
]

export function probes({ samples }: ConnectorDefinition): Probe[] {
  return [...usual, ...(samples?.responses ?? []).map(({ name, response }) => ({ name, response: whole(response) }))]
}

export function whole(response: {
  statusCode: number
  headers?: Record<string, string>
  body?: string
}): ConnectorResponse {
  return { headers: {}, body: '', ...response }
}

/** What the pipeline makes of an answer: the connector's word first, then HTTP's. Throws when it is nonsense. */
export function readingOf({ connector, settings }: Subject, response: ConnectorResponse): Classification {
  const { config } = settings
  const verdict = parseClassification(connector.definition.classify?.(response, { config }))
  if (verdict) return verdict
  const outcome = outcomeOfResponse(response.statusCode, response.headers['retry-after'], new Date())
  const reason = outcome.message ?? ''
  if (outcome.outcome === 'SUCCESS') return { kind: 'success' }
  if (outcome.disable) return { kind: 'disable', reason, because: 'GONE' }
  return outcome.retryAfterMs === undefined
    ? { kind: 'retry', reason }
    : { kind: 'retry', reason, afterMs: outcome.retryAfterMs }
}
