import type { Host } from '../connector/define-connector.ts'
import type { OutboundResponse } from './exchange.ts'
import { abortedFailure, SendFailure, timeoutFailure } from './failure.ts'
import type { Outbound, SendOptions } from './outbound.ts'

export interface HostOptions extends Omit<SendOptions, 'keptBytes' | 'signal'> {
  /** Fires when the process has no time left. */
  readonly cut?: AbortSignal | undefined
  /** Told of each answer that comes through `fetch`. */
  readonly onResponse?: (response: OutboundResponse) => void
}

/** What `withHost` gives, with the rules for sockets that are opened for it in another thread. */
export interface GuardedHost extends Host {
  readonly timeoutMs: number
  /** See Outbound. */
  readonly allow: readonly string[]
}

/**
 * Lets a connector's own code work with the outside, for `timeoutMs` at most. Rejects with a SendFailure when its time is up
 * or the process ends, and with what the connector throws; nobody listens to what it says afterwards.
 */
export async function withHost<T>(
  outbound: Outbound,
  options: HostOptions,
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const { timeoutMs, cut } = options
  const ending = new AbortController()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (failure: SendFailure) => {
    reject(failure)
    ending.abort(failure)
  }
  const onCut = () => end(abortedFailure())
  const timer = setTimeout(() => end(timeoutFailure(timeoutMs)), timeoutMs)
  cut?.addEventListener('abort', onCut, { once: true })
  if (cut?.aborted) onCut()
  const { signal } = ending
  const host: GuardedHost = {
    fetch: createHostFetch(outbound, { ...options, signal }),
    connect: (target) => outbound.connect(target, { timeoutMs, signal }),
    signal,
    timeoutMs,
    allow: outbound.allow,
  }
  try {
    // A connector that throws before its first await rejects like any other.
    return await Promise.race([(async () => work(host))(), ended])
  } finally {
    clearTimeout(timer)
    cut?.removeEventListener('abort', onCut)
    ended.catch(() => undefined)
    ending.abort(abortedFailure())
  }
}

/** The failure of the network beneath an error of a connector or of the SDK that it brings; undefined when there is none. */
export function failureBeneath(error: unknown): SendFailure | undefined {
  for (let depth = 0, at = error; at instanceof Error && depth < 8; depth++) {
    if (at instanceof SendFailure) return at
    at = at.cause ?? (at as { original?: unknown }).original
  }
  return undefined
}

const MAX_BODY_BYTES = 1_024 * 1_024
/** Of one call of a connector's: a service may have pages without end, and each is parsed. */
const MAX_REQUESTS = 100
const MAX_ANSWERED_BYTES = 20_000_000

/** Statuses that a Response has no body with. */
const WITHOUT_BODY = new Set([204, 205, 304])

/** WHATWG fetch over the guarded client, for connectors and the vendors' SDKs that they bring. */
function createHostFetch(outbound: Outbound, options: HostOptions & { signal: AbortSignal }): Host['fetch'] {
  let requests = 0
  let answeredBytes = 0
  return async (input, init) => {
    requests += 1
    if (requests > MAX_REQUESTS) throw new TypeError(`That takes over ${MAX_REQUESTS} requests`)
    if (answeredBytes > MAX_ANSWERED_BYTES) throw new TypeError(`The answers are over ${MAX_ANSWERED_BYTES} bytes`)
    const request = new Request(input, init)
    request.signal.throwIfAborted()
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined
    const { poolKey, timeoutMs, httpsOnly, onResponse } = options
    const result = await outbound.send(
      {
        method: request.method,
        url: request.url,
        // Nothing is inflated here.
        headers: { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' },
        ...(body && { body }),
      },
      {
        poolKey,
        timeoutMs,
        httpsOnly,
        keptBytes: MAX_BODY_BYTES,
        signal: AbortSignal.any([options.signal, request.signal]),
      },
    )
    if (result.kind === 'failure') {
      request.signal.throwIfAborted()
      throw new TypeError(result.message, { cause: new SendFailure(result.failure, result.message) })
    }
    answeredBytes += result.sizeBytes
    onResponse?.(result)
    if (result.truncated) throw new TypeError('The answer is over 1 MiB')
    const { statusCode, headers } = result
    return new Response(WITHOUT_BODY.has(statusCode) ? null : result.body, {
      status: statusCode,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    })
  }
}
