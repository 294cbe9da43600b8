import { buildConnector } from 'undici'
import { type DialRules, dial } from './dial.ts'
import { abortedFailure, failureOf, resetFailure, timeoutFailure } from './failure.ts'
import { foldHostname } from './hostname.ts'

/** Opens the sockets of one pool, and only to vetted addresses. */
export interface Dialer {
  readonly connect: buildConnector.connector
  /** Bound on opening one connection, DNS and TLS included, milliseconds: the deadline of the latest send. */
  limitMs: number
  /** Destroys the sockets that are still being opened. */
  cut(): void
}

/** Set `limitMs` before the first connection; until then every one is out of time at once. */
export function createDialer(rules: DialRules): Dialer {
  const pending = new Set<AbortController>()
  const startTls = buildConnector({ allowH2: false, rejectUnauthorized: true, timeout: 0 })
  const dialer: Dialer = {
    limitMs: 0,
    connect({ protocol, host, hostname, port }, callback) {
      const cutter = new AbortController()
      const { limitMs } = dialer
      const timer = setTimeout(() => cutter.abort(timeoutFailure(limitMs)), limitMs)
      pending.add(cutter)
      const target = { hostname: foldHostname(hostname), host, protocol, port, rules, startTls }
      dial(target, { signal: cutter.signal, endsAtMs: performance.now() + limitMs })
        .finally(() => {
          clearTimeout(timer)
          pending.delete(cutter)
        })
        .then(
          (socket) => (socket.destroyed ? callback(resetFailure(), null) : callback(null, socket)),
          (error: unknown) => callback(failureOf(error), null),
        )
    },
    cut() {
      for (const cutter of pending) cutter.abort(abortedFailure())
    },
  }
  return dialer
}
