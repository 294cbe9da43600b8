import { type Server as HttpServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setImmediate as immediate } from 'node:timers/promises'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import { SECURITY_HEADERS } from './security-headers.ts'

/** How long a connection may take over what, and how many there may be. Tests take smaller ones. */
export interface ConnectionLimits {
  /** Milliseconds from the first byte of a request to the end of its headers. Default 10,000. */
  readonly headersMs: number
  /** Milliseconds from the first byte of a request to its last. Default 30,000. */
  readonly requestMs: number
  /** Milliseconds without a byte in either direction. Longer than the longest answer takes to begin. Default 120,000. */
  readonly silenceMs: number
  /** Milliseconds between two requests. Longer than the 60 s of common proxies, which would find it closed. Default 72,000. */
  readonly keepAliveMs: number
  /** Milliseconds for which what a refused caller still sends is thrown away. Default 1,000. */
  readonly lingerMs: number
  /** Milliseconds between two looks for requests that take too long. Default 1,000. */
  readonly checkEveryMs: number
  /** Connections at once, sockets included; more are closed unanswered. Default 10,000. */
  readonly maxConnections: number
  /** Sockets at once that have not shown a key yet. Default 1,000. */
  readonly maxUnacknowledged: number
}

const defaults: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  silenceMs: 120_000,
  keepAliveMs: 72_000,
  lingerMs: 1_000,
  checkEveryMs: 1_000,
  maxConnections: 10_000,
  maxUnacknowledged: 1_000,
}

export function connectionLimits(given: Partial<ConnectionLimits>): ConnectionLimits {
  return { ...defaults, ...given }
}

export function serverOptions({ requestMs, silenceMs, keepAliveMs, checkEveryMs }: ConnectionLimits) {
  return {
    requestTimeout: requestMs,
    connectionTimeout: silenceMs,
    keepAliveTimeout: keepAliveMs,
    http: { connectionsCheckingInterval: checkEveryMs },
    clientErrorHandler: answerUnreadable,
  } satisfies FastifyHttpOptions<HttpServer>
}

export function limitConnections(
  app: FastifyInstance,
  { headersMs, maxConnections, lingerMs }: ConnectionLimits,
): void {
  app.server.headersTimeout = headersMs
  app.server.maxConnections = maxConnections
  // An answer that does not wait for the end of its request ends the connection.
  app.addHook('onSend', async ({ raw }, reply, payload) => {
    if (raw.complete || typeof payload !== 'string') return payload
    // The body may have come with the headers, and is read after them.
    await immediate()
    if (raw.complete) return payload
    void reply.header('connection', 'close').header('content-length', Buffer.byteLength(payload))
    return Readable.from(answerAndDiscard(payload, raw, lingerMs))
  })
}

/** The caller has the answer at once. Closing at once would reset the connection, and with that the answer could be lost. */
async function* answerAndDiscard(answer: string, request: IncomingMessage, lingerMs: number): AsyncGenerator<string> {
  request.resume()
  yield answer
  await finished(request, { writable: false, signal: AbortSignal.timeout(lingerMs) }).catch(() => undefined)
}

/** Answers a request that is not HTTP, has too many headers or takes too long, without a word about the server. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, message] = unreadable[error.code ?? ''] ?? [400, 'The request is not HTTP/1.1']
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] })
  const headers = { ...SECURITY_HEADERS, connection: 'close', 'content-type': 'application/json; charset=utf-8' }
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  if (socket.writable) socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  socket.destroy(error)
}

const unreadable: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
}
