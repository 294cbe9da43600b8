export const attemptOutcomes = ['SUCCESS', 'RETRYABLE_FAILURE', 'PERMANENT_FAILURE'] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]

export const failureKinds = [
  'HTTP_STATUS',
  'TIMEOUT',
  'CONNECTION',
  'TLS',
  'DNS',
  'URL_NOT_ALLOWED',
  'RATE_LIMITED',
  'CREDENTIALS_REJECTED',
  'GONE',
  'CONNECTOR_ERROR',
] as const
export type FailureKind = (typeof failureKinds)[number]

export const disabledReasons = [
  'MANUAL',
  'CONSECUTIVE_FAILURES',
  'GONE',
  'CREDENTIALS_REJECTED',
  'CONNECTOR_MISSING',
] as const
export type DisabledReason = (typeof disabledReasons)[number]

/** What one attempt came to. Whether a retryable failure is retried is the schedule's matter, not this one's. */
export interface Outcome {
  readonly outcome: AttemptOutcome
  readonly failureKind?: FailureKind
  readonly message?: string
  /** What the receiver asked for by Retry-After, milliseconds. */
  readonly retryAfterMs?: number
  /** Set when the destination is to be disabled because of this answer. */
  readonly disable?: Exclude<DisabledReason, 'MANUAL'>
  /** Whether the destination is to be deleted instead: its receiver has ended the subscription that made it. */
  readonly remove?: boolean
}

/**
 * The meaning of an HTTP answer where the connector has no opinion: 2xx is success, 410 ends the destination,
 * everything else, redirects included, is retried on the schedule.
 */
export function outcomeOfResponse(statusCode: number, retryAfter: string | undefined, now: Date): Outcome {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'SUCCESS' }
  const message = `The receiver answered ${statusCode}`
  if (statusCode === 410) {
    return { outcome: 'PERMANENT_FAILURE', failureKind: 'GONE', message: `${message} Gone`, disable: 'GONE' }
  }
  if (statusCode !== 429 && statusCode !== 503) {
    return { outcome: 'RETRYABLE_FAILURE', failureKind: 'HTTP_STATUS', message }
  }
  return {
    outcome: 'RETRYABLE_FAILURE',
    failureKind: statusCode === 429 ? 'RATE_LIMITED' : 'HTTP_STATUS',
    message,
    ...optional('retryAfterMs', parseRetryAfterMs(retryAfter, now)),
  }
}

/** Retry-After in both forms of RFC 9110, section 10.2.3: seconds, or an HTTP date. */
export function parseRetryAfterMs(value: string | undefined, now: Date): number | undefined {
  const text = value?.trim()
  if (!text) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const dateMs = Date.parse(text)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - now.getTime())
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V })
}
