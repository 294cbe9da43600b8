import type { Socket } from 'node:net'
import { parseAllow } from './allow.ts'
import { KEPT_BYTES } from './body-record.ts'
import { exchange, type OutboundResult } from './exchange.ts'
import { abortedFailure, SendFailure } from './failure.ts'
import { foldHostname } from './hostname.ts'
import { openSocket, type SocketTarget } from './open-socket.ts'
import { createPools } from './pools.ts'
import { assertSendable, type OutboundRequest } from './request.ts'
import { createResolve, type Resolve } from './resolve.ts'
import { parseProxy } from './tunnel.ts'
import { vetUrl } from './url.ts'

export { parseAllow } from './allow.ts'
export type { OutboundResponse, OutboundResult } from './exchange.ts'
export type { FailureCode, SendFailure } from './failure.ts'
export { type OutboundRequest, OutboundRequestInvalid } from './request.ts'

/** What the guard is built from. */
export interface OutboundOptions {
  /**
   * CIDRs, addresses and host names that are let through although the rules refuse them
   * (POSTRIDER_OUTBOUND_ALLOW), such as ['127.0.0.1/32', 'receiver.internal']. A listed name may resolve to any
   * address; a CIDR opens its addresses for names that the rules let pass, and one that holds loopback opens
   * `localhost` too. Danger: anyone who may save a destination reaches what is listed.
   */
  readonly allow: readonly string[]
  /**
   * Name look-up. Default: dns.lookup, so /etc/hosts works, with a bound on look-ups in flight, at most five seconds
   * for each, and answers kept for ten.
   */
  readonly resolve?: Resolve
  /**
   * URL of a forward proxy that all connections are made through (POSTRIDER_OUTBOUND_PROXY): the fixed address that
   * receivers let in. Names are looked up and vetted here all the same; the proxy is asked for an address. Default: none.
   */
  readonly proxy?: string | undefined
}

/** How one request is sent. */
export interface SendOptions {
  /** Connections are shared only between sends with one key: one destination at one version, never two tenants. */
  readonly poolKey: string
  /** One deadline over DNS, connect, TLS, headers and body, milliseconds. */
  readonly timeoutMs: number
  /** Whether a URL with plain http is refused. */
  readonly httpsOnly: boolean
  /** How much of the answer's body is kept, bytes. Default 4,096. */
  readonly keptBytes?: number
  /** Cuts the request, which then ends as ABORTED: for shutdown. Give the same long-lived signal to many sends. */
  readonly signal?: AbortSignal
}

/** The only way to hosts that tenants name. Disposing it cuts what is under way (ABORTED) and closes all connections. */
export interface Outbound extends AsyncDisposable {
  /** OutboundOptions.allow, for a guard in another thread that follows the same rules. */
  readonly allow: readonly string[]
  /** Never rejects for what a receiver does; rejects with OutboundRequestInvalid when the request can't be sent. */
  send(request: OutboundRequest, options: SendOptions): Promise<OutboundResult>
  /**
   * An open socket for what speaks no HTTP, vetted like all others; the caller closes it. Rejects with an Error whose
   * message may be shown.
   */
  connect(target: SocketTarget, options: { timeoutMs: number; signal: AbortSignal }): Promise<Socket>
  /**
   * Why this URL may not be called, as a sentence for the user; undefined when it may. No network: a name that passes
   * here is refused by `send` when it resolves to a refused address.
   */
  urlProblem(url: string, options: { httpsOnly: boolean }): string | undefined
}

/** Throws OutboundAllowInvalid when an entry of `allow` can't be read. */
export function createOutbound(options: OutboundOptions): Outbound {
  const allow = parseAllow(options.allow)
  const proxy = options.proxy === undefined ? undefined : parseProxy(options.proxy)
  const rules = { allow, resolve: options.resolve ?? createResolve(), proxy }
  const pools = createPools(rules)
  let disposed = false

  return {
    allow: options.allow,
    async send(request, { poolKey, timeoutMs, httpsOnly, keptBytes = KEPT_BYTES, signal }) {
      const startedAtMs = performance.now()
      assertSendable(request)
      if (disposed || signal?.aborted) return unsent(abortedFailure())
      const vetted = vetUrl(request.url, { allow, httpsOnly })
      if ('problem' in vetted) return unsent(new SendFailure('URL_NOT_ALLOWED', vetted.problem))
      const entry = pools.take(poolKey, vetted.url, timeoutMs)
      const onSettled = () => pools.release(entry)
      const limits = { timeoutMs, keptBytes, startedAtMs, signal }
      return exchange(request, { ...limits, dispatcher: entry.pool, url: vetted.url, onSettled })
    },
    async connect({ hostname, port, tls }, limits) {
      const vetted = vetUrl(`http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`, {
        allow,
        httpsOnly: false,
      })
      if ('problem' in vetted) throw new SendFailure('URL_NOT_ALLOWED', vetted.problem.replace('URL', 'address'))
      return openSocket({ hostname: foldHostname(vetted.url.hostname), port, ...(tls && { tls }) }, rules, limits)
    },
    urlProblem(url, { httpsOnly }) {
      const vetted = vetUrl(url, { allow, httpsOnly })
      return 'problem' in vetted ? vetted.problem : undefined
    },
    async [Symbol.asyncDispose]() {
      disposed = true
      await pools[Symbol.asyncDispose]()
    },
  }
}

function unsent({ failure, message }: SendFailure): OutboundResult {
  return { kind: 'failure', failure, message, durationMs: 0 }
}
