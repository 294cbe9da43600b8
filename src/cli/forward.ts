import { request } from 'undici'
import type { FeedAttempt } from '../client/attempt-feed.ts'
import { REDACTED } from '../domain/redact.ts'

/** What became of a request on the developer's machine. */
export interface Forwarded {
  /** Null when there was no answer. */
  readonly status: number | null
  readonly error: string | null
  readonly durationMs: number
  /** What is not as Postrider sent it, because the record of the attempt does not have it. */
  readonly changed: readonly string[]
}

type SentRequest = NonNullable<FeedAttempt['request']>

const TIMEOUT_MS = 30_000

/**
 * Sends the recorded request of an attempt once more: method, headers as they are spelled, and the body byte for byte, so that
 * its signature is right here too. Credentials are not in the record, and not in this.
 */
export async function forward(to: string, sent: SentRequest, signal: AbortSignal): Promise<Forwarded> {
  const startedAt = performance.now()
  const headers = sent.headers.filter((header) => !header.redacted)
  const changed = sent.headers.filter((header) => header.redacted).map((header) => `header ${header.name}`)
  if (sent.body?.includes(REDACTED)) changed.push('body')
  const sinceStart = () => Math.round(performance.now() - startedAt)
  try {
    const { statusCode, body } = await request(to, {
      method: sent.method as 'POST',
      headers: headers.flatMap(({ name, value }) => [name, value]),
      body: sent.body ?? null,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    await body.dump()
    return { status: statusCode, error: null, durationMs: sinceStart(), changed }
  } catch (error) {
    return { status: null, error: describe(error), durationMs: sinceStart(), changed }
  }
}

function describe(error: unknown): string {
  const { name, message, code } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`
  return message || code || String(error)
}
