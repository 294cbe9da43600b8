import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { type Allow, mayDial } from './allow.ts'
import { dnsFailureOf, failureOf, resetFailure, SendFailure, tlsFailureOf } from './failure.ts'
import type { Resolve } from './resolve.ts'
import { type OutboundProxy, openTunnel } from './tunnel.ts'

/** What every connection is vetted by. */
export interface DialRules {
  readonly allow: Allow
  readonly resolve: Resolve
  /** What dials instead of us; undefined: we do. */
  readonly proxy: OutboundProxy | undefined
}

/** The end of a connection, with the host name folded. */
export interface TcpTarget {
  readonly hostname: string
  readonly port: number
  readonly rules: DialRules
}

/** Where to connect to: the parts of the URL, with the host name folded. */
export interface Target extends Omit<TcpTarget, 'port'> {
  readonly host: string | undefined
  readonly protocol: string
  /** Empty means the default of the protocol. */
  readonly port: string
  readonly startTls: buildConnector.connector
}

/** Until when one connection may be opening. */
export interface DialLimits {
  readonly signal: AbortSignal
  /** By performance.now(). */
  readonly endsAtMs: number
}

/**
 * The guard stands here, and not at the URL, because here the address is known that is dialled: the name is resolved
 * once, every answer is vetted, one of those answers is dialled as a literal, by us or by the proxy, and the peer is vetted
 * at the end where it is not the proxy.
 * Rejects with a SendFailure, or with the reason of the signal.
 */
export async function dial(target: Target, limits: DialLimits): Promise<Socket> {
  const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80)
  const dialled = await dialVetted({ ...target, port }, limits)
  return target.protocol === 'https:' ? await encrypt(target, dialled, limits.signal) : dialled.socket
}

/** The same, for text that is not a URL. */
export async function dialTcp(target: TcpTarget, limits: DialLimits): Promise<Socket> {
  return (await dialVetted(target, limits)).socket
}

async function dialVetted(target: TcpTarget, limits: DialLimits): Promise<Dialled> {
  return dialFirst(target, await vettedAddresses(target, limits.signal), limits)
}

/** A name with many addresses must not make us try all of them. */
const ADDRESSES_TRIED = 4

async function vettedAddresses({ hostname, rules }: TcpTarget, signal: AbortSignal): Promise<string[]> {
  const isLiteral = isIP(hostname) !== 0
  const addresses = isLiteral ? [hostname] : await lookUp(hostname, rules.resolve, signal)
  if (addresses.length === 0) throw new SendFailure('DNS', 'The name could not be resolved')
  // One bad answer refuses the name: an attacker mixes them so that a retry or a fallback takes the other one.
  if (!addresses.every((address) => mayDial(rules.allow, hostname, address))) throw refusal()
  return [...new Set(addresses)].slice(0, ADDRESSES_TRIED)
}

async function lookUp(hostname: string, resolve: Resolve, signal: AbortSignal): Promise<string[]> {
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([resolve(hostname, signal), cut])
  } catch (error) {
    throw dnsFailureOf(error)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

interface Dialled {
  readonly address: string
  readonly socket: Socket
}

/** The addresses in turn until one accepts, each with an equal share of the time left, the last with all of it. */
async function dialFirst(target: TcpTarget, addresses: readonly string[], limits: DialLimits): Promise<Dialled> {
  let failure: unknown
  for (const [index, address] of addresses.entries()) {
    const left = addresses.length - index
    const shareMs = left > 1 ? Math.max(1, (limits.endsAtMs - performance.now()) / left) : undefined
    try {
      return { address, socket: await openTcp(target, { address, shareMs, signal: limits.signal }) }
    } catch (error) {
      if (limits.signal.aborted || failureOf(error).failure === 'URL_NOT_ALLOWED') throw error
      failure = error
    }
  }
  throw failure
}

interface Attempt {
  readonly address: string
  readonly shareMs: number | undefined
  readonly signal: AbortSignal
}

function openTcp(target: TcpTarget, { address, shareMs, signal }: Attempt): Promise<Socket> {
  signal.throwIfAborted()
  const { port } = target
  const { allow, proxy } = target.rules
  // A literal address: node calls no look-up for it.
  const place = proxy ? { host: proxy.host, port: proxy.port } : { host: address, port }
  const socket = connectTcp({ ...place, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const fail = (error: unknown) => {
    socket.destroy()
    reject(error)
  }
  const onAbort = () => fail(signal.reason)
  const timer = shareMs === undefined ? undefined : setTimeout(() => fail(silentFailure()), shareMs)
  signal.addEventListener('abort', onAbort, { once: true })
  // Stays for the life of the socket: an error between here and undici's own listener would end the process.
  socket.on('error', fail)
  socket.once('connect', () => {
    if (proxy) {
      openTunnel(socket, proxy, { address, port }).then(() => resolve(socket), fail)
      return
    }
    const peer = socket.remoteAddress
    if (peer === undefined) fail(resetFailure())
    else if (mayDial(allow, target.hostname, peer)) resolve(socket)
    else fail(refusal())
  })
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  })
}

function encrypt(target: Target, { address, socket }: Dialled, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const onAbort = () => {
    socket.destroy()
    reject(signal.reason)
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  // The name sent and checked is the URL's, whatever headers say. An address has no SNI; `hostname` is checked then.
  const servername = isIP(target.hostname) === 0 ? target.hostname : undefined
  const { host, protocol, port } = target
  const options = { hostname: address, host, protocol, port, servername, httpSocket: socket }
  target.startTls(options, (error, encrypted) => {
    if (encrypted) return resolve(encrypted)
    socket.destroy()
    reject(tlsFailureOf(error))
  })
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}

function silentFailure(): SendFailure {
  return new SendFailure('CONNECTION', 'The host did not answer')
}

function refusal(): SendFailure {
  return new SendFailure('URL_NOT_ALLOWED', 'The host name resolves to a private or reserved address')
}
