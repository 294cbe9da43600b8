import type { Host } from '../connector/define-connector.ts'
import { parseDelivered } from '../connector/parse-result.ts'
import { messageOf } from '../domain/message-of.ts'
import type { Outcome } from '../domain/outcome.ts'
import { BodyRecord, KEPT_BYTES } from '../outbound/body-record.ts'
import { failureBeneath, withHost } from '../outbound/host.ts'
import type { FailureCode, Outbound, OutboundResponse, SendFailure } from '../outbound/outbound.ts'
import { type Addressed, classify, outcomeOf } from './classify.ts'
import type { LoadedDestination } from './destination-cache.ts'
import type { DestinationHosts } from './destination-host.ts'
import type { PreparedRequest } from './prepare-request.ts'

export interface SendParts {
  readonly outbound: Outbound
  readonly hosts: DestinationHosts
  /** Aborted when the process has no time left. */
  readonly cut: AbortSignal
  readonly now: () => Date
}

/** What became of a request on its way. */
export interface Sent {
  readonly outcome: Outcome
  readonly durationMs: number
  readonly wasAnswered: boolean
  readonly response: Omit<OutboundResponse, 'kind' | 'durationMs'> | undefined
}

/**
 * Sends by HTTP, or lets the connector send. Undefined when it was cut off by the end of the process. Throws
 * OutboundRequestInvalid when HTTP cannot carry the request.
 */
export async function send(parts: SendParts, target: Addressed, prepared: PreparedRequest): Promise<Sent | undefined> {
  const sent = target.connector.definition.deliver ? await sendByConnector(parts, target, prepared) : 'by HTTP'
  return sent === 'by HTTP' ? sendByHttp(parts, target, prepared) : sent
}

function limitsOf({ id, version, profile }: LoadedDestination) {
  return { poolKey: `${id} ${version}`, timeoutMs: profile.timeoutMs, httpsOnly: profile.httpsOnly }
}

async function sendByHttp(
  { outbound, cut, now }: SendParts,
  target: Addressed,
  prepared: PreparedRequest,
): Promise<Sent | undefined> {
  const result = await outbound.send(prepared, { ...limitsOf(target.destination), signal: cut })
  if (result.kind === 'failure' && result.failure === 'ABORTED') return undefined
  return {
    outcome: classify(target, result, now()),
    durationMs: Math.round(result.durationMs),
    wasAnswered: result.kind === 'response',
    response: result.kind === 'response' ? result : undefined,
  }
}

/** 'by HTTP' when the connector leaves it to the host. */
async function sendByConnector(
  { outbound, hosts, cut }: SendParts,
  { connector, destination }: Addressed,
  prepared: PreparedRequest,
): Promise<Sent | undefined | 'by HTTP'> {
  const startedAt = performance.now()
  let last: OutboundResponse | undefined
  const onResponse = (response: OutboundResponse) => {
    last = response
  }
  const work = async (host: Host) => {
    const { method, url, headers, body, context } = prepared
    const given = { ...context, request: { method, url, headers, body } }
    return parseDelivered(await connector.definition.deliver!(hosts.of(destination, host), given))
  }
  let ended: Pick<Sent, 'outcome' | 'wasAnswered'> & { response?: PlainResponse | undefined }
  try {
    await connector.prepare?.()
    const result = await withHost(outbound, { ...limitsOf(destination), cut, onResponse }, work)
    if (!result) return 'by HTTP'
    const wasAnswered = !(result.kind === 'retry' && result.because === 'CONNECTION')
    ended = { outcome: outcomeOf(result), wasAnswered, response: result.response }
  } catch (error) {
    const failure = failureBeneath(error)
    if (failure?.failure === 'ABORTED') return undefined
    ended = endOf(error, failure)
  }
  return {
    ...ended,
    wasAnswered: ended.wasAnswered || last !== undefined,
    durationMs: Math.round(performance.now() - startedAt),
    response: ended.response ? toResponse(ended.response) : last && shorten(last),
  }
}

/** What a connector threw. */
function endOf(error: unknown, failure: SendFailure | undefined): Pick<Sent, 'outcome' | 'wasAnswered'> {
  const said = messageOf(error)
  const [failureKind, message] = failure
    ? ([failure.failure as Exclude<FailureCode, 'ABORTED'>, failure.message] as const)
    : (['CONNECTOR_ERROR', `The connector could not deliver: ${said}`] as const)
  // Whatever is wrong with a connector that throws, its receiver is not known to be away.
  return { outcome: { outcome: 'RETRYABLE_FAILURE', failureKind, message }, wasAnswered: !failure }
}

interface PlainResponse {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

function toResponse({ statusCode, headers = {}, body = '' }: PlainResponse): NonNullable<Sent['response']> {
  const sizeBytes = Buffer.byteLength(body)
  return shorten({ statusCode, headers: Object.entries(headers), body, sizeBytes, truncated: false })
}

function shorten({ statusCode, headers, body, sizeBytes }: NonNullable<Sent['response']>) {
  const record = new BodyRecord(KEPT_BYTES)
  record.add(Buffer.from(body))
  return { statusCode, headers, body: record.text(), sizeBytes, truncated: sizeBytes > KEPT_BYTES || record.truncated }
}
