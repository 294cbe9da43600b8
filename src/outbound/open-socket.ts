import { isIP, type Socket } from 'node:net'
import { connect as startTls } from 'node:tls'
import { boundReads } from './bound-reads.ts'
import { type DialRules, dialTcp } from './dial.ts'
import { failureOf, timeoutFailure, tlsFailureOf } from './failure.ts'

export interface SocketTarget {
  readonly hostname: string
  readonly port: number
  /** Whether the connection is encrypted from its first byte on; the certificate is checked against `hostname`. */
  readonly tls?: boolean
}

/** A vetted connection for what speaks no HTTP, whose server sends no more than it is asked for. Rejects with a SendFailure. */
export async function openSocket(
  { hostname, port, tls }: SocketTarget,
  rules: DialRules,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Socket> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(timeoutFailure(timeoutMs)), timeoutMs)
  const limits = { signal: AbortSignal.any([signal, late.signal]), endsAtMs: performance.now() + timeoutMs }
  try {
    const socket = await dialTcp({ hostname, port, rules }, limits)
    return boundReads(tls ? await encrypt(socket, hostname, limits.signal) : socket)
  } catch (error) {
    // What node says holds addresses.
    throw failureOf(error)
  } finally {
    clearTimeout(timer)
  }
}

function encrypt(socket: Socket, hostname: string, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const encrypted = startTls({ socket, host: hostname, ...(isIP(hostname) === 0 && { servername: hostname }) })
  const fail = (error: unknown) => {
    encrypted.destroy()
    socket.destroy()
    reject(error)
  }
  const onAbort = () => fail(signal.reason)
  // Stays for the life of the socket.
  encrypted.on('error', (error) => fail(tlsFailureOf(error)))
  encrypted.once('secureConnect', () => resolve(encrypted))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}
