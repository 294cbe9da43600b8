import type { Classification, ConnectorResponse } from '../connector/define-connector.ts'
import { parseClassification } from '../connector/parse-result.ts'
import type { ReadyConnector } from '../connector/registry.ts'
import { messageOf } from '../domain/message-of.ts'
import { type Outcome, outcomeOfResponse } from '../domain/outcome.ts'
import type { OutboundResponse, OutboundResult } from '../outbound/outbound.ts'
import type { LoadedDestination } from './destination-cache.ts'

export interface Addressed {
  readonly connector: ReadyConnector
  readonly destination: LoadedDestination
}

/** What came back, as an outcome: the connector's word first, then HTTP's. */
export function classify({ connector, destination }: Addressed, result: OutboundResult, now: Date): Outcome {
  if (result.kind === 'response') return classifyResponse({ connector, destination }, result, now)
  if (result.failure === 'ABORTED') throw new Error('An attempt that was cut off has no outcome')
  return { outcome: 'RETRYABLE_FAILURE', failureKind: result.failure, message: result.message }
}

function classifyResponse(target: Addressed, response: OutboundResponse, now: Date): Outcome {
  const headers = Object.fromEntries(response.headers)
  const byStatus = outcomeOfResponse(response.statusCode, headers['retry-after'], now)
  try {
    return classifyByConnector(target, { ...response, headers }) ?? byStatus
  } catch (error) {
    const message = `The connector could not read the answer: ${messageOf(error)}`
    return { outcome: 'RETRYABLE_FAILURE', failureKind: 'CONNECTOR_ERROR', message }
  }
}

function classifyByConnector(
  { connector, destination: { config } }: Addressed,
  response: ConnectorResponse,
): Outcome | undefined {
  const verdict = parseClassification(connector.definition.classify?.(response, { config }))
  return verdict && outcomeOf(verdict)
}

/** A connector's word, as an outcome. */
export function outcomeOf(verdict: Classification): Outcome {
  switch (verdict.kind) {
    case 'success':
      return { outcome: 'SUCCESS' }
    case 'retry': {
      const asked = verdict.afterMs === undefined ? {} : { retryAfterMs: verdict.afterMs }
      const failureKind = verdict.because ?? 'HTTP_STATUS'
      return { outcome: 'RETRYABLE_FAILURE', failureKind, message: verdict.reason, ...asked }
    }
    case 'fail':
      return { outcome: 'PERMANENT_FAILURE', failureKind: 'HTTP_STATUS', message: verdict.reason }
    case 'disable': {
      const failureKind = verdict.because === 'CREDENTIALS_REJECTED' ? 'CREDENTIALS_REJECTED' : 'GONE'
      const remove = verdict.remove ? { remove: true } : {}
      return { outcome: 'PERMANENT_FAILURE', failureKind, message: verdict.reason, disable: verdict.because, ...remove }
    }
    default:
      return verdict satisfies never
  }
}
