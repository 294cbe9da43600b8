import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import { apiError, NOT_AVAILABLE } from '../api/mask-error.ts'
import { createAdmission } from './admission.ts'
import { type ConnectionLimits, connectionLimits, limitConnections, serverOptions } from './connection-limits.ts'
import { answerCors, type OriginOptions } from './cors.ts'
import { serveGraphiql } from './graphiql.ts'
import { type ApolloLogger, serveGraphql } from './graphql.ts'
import { createPace } from './pace.ts'
import { demoReceiver, listenSink } from './receivers.ts'
import { serveRest } from './rest.ts'
import { SECURITY_HEADERS, sendSecurityHeaders } from './security-headers.ts'
import type { Service } from './service.ts'
import { acceptSockets } from './websocket.ts'

export interface ServerOptions extends OriginOptions {
  readonly schema: GraphQLSchema
  readonly host: string
  readonly port: number
  /** The checkout or package: dist/graphiql and schema/examples lie there. */
  readonly rootDir: string
  /** Whether GraphQL and GraphiQL are served; health always is. */
  readonly hasApi: boolean
  /** Whether POST /demo/receiver answers: a receiver to try deliveries with. */
  readonly withDemoReceiver: boolean
  /** Why events cannot be taken and delivered now, in fixed words: strangers read them. Undefined while they can. */
  readonly whyNotReady: () => Promise<string | undefined>
  /** Those that differ from the defaults. */
  readonly limits: Partial<ConnectionLimits>
  /** For what Apollo has to say by itself. */
  readonly log: ApolloLogger
  readonly onError: (error: unknown) => void
}

export interface Server extends AsyncDisposable {
  readonly port: number
  /** Says what GraphQL is answered with. Until then it answers UNAVAILABLE; health answers from the start. */
  serve(service: Service): void
}

/** Largest body that is parsed of a caller without a key. */
const STRANGER_BODY_BYTES = 64 * 1_024

/** How long requests under way may take once the server is told to stop. */
const CLOSE_GRACE_MS = 3_000

/** Everything that is reached over HTTP, on one port. It stops in the opposite order: sockets, requests, GraphQL. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const limits = connectionLimits(options.limits)
  const app = createApp(limits, options)
  let opened: Service | undefined
  const service = () => {
    if (opened) return opened
    throw apiError('UNAVAILABLE', NOT_AVAILABLE)
  }
  // Before anything is refused, so that a page can read the refusal.
  if (options.hasApi) await answerCors(app, options)
  const closing = refuseOnceClosing(app)
  refuseUnknownPaths(app)
  await using starting = new AsyncDisposableStack()
  if (options.hasApi) {
    const admission = createAdmission(service)
    starting.use(await serveGraphql(app, { ...options, admission }))
    await serveRest(app, { ...options, admission })
    await serveGraphiql(app, options.rootDir)
    app.register(listenSink)
  }
  serveHealth(app, options)
  if (options.withDemoReceiver) app.register(demoReceiver)
  starting.defer(() => {
    closing.abort()
    return closeApp(app)
  })
  await app.listen({ host: options.host, port: options.port })
  // Not before: ws would report a port that is taken a second time, in words of its own.
  const sockets = options.hasApi ? starting.use(acceptSockets(app.server, { ...options, limits, service })) : undefined
  const started = starting.move()
  return {
    port: (app.server.address() as AddressInfo).port,
    serve(now) {
      opened = now
      if (sockets) now.parts.store.notifier.on('revoked', sockets.recheck)
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** Without routes: what holds for all of them. */
function createApp(limits: ConnectionLimits, { onError }: ServerOptions): FastifyInstance {
  const refuse = (error: FastifyError, reply: FastifyReply) => {
    const { status, body } = describeRefusal(error, onError)
    void reply.code(status).send(body)
  }
  const app = Fastify({
    ...serverOptions(limits),
    bodyLimit: STRANGER_BODY_BYTES,
    forceCloseConnections: 'idle',
    // What Fastify says by itself while it closes is not in the shape that GraphQL clients read.
    return503OnClosing: false,
    // Paths that cannot be decoded pass all hooks by.
    frameworkErrors: (error, _, reply) => refuse(error, reply.headers(SECURITY_HEADERS)),
  })
  app.setErrorHandler((error: FastifyError, _, reply) => refuse(error, reply))
  limitConnections(app, limits)
  parseLargeInTurn(app)
  sendSecurityHeaders(app)
  return app
}

/** Characters of JSON that are parsed, and what they ask for begun, in some milliseconds. */
const LARGE_BODY_LENGTH = 32_768

/** Of bodies that come at once, one large one in a turn of the event loop: others are answered in between. */
function parseLargeInTurn(app: FastifyInstance): void {
  const inTurn = createPace(1)
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body.length > LARGE_BODY_LENGTH) inTurn(() => void parse(request, body, done))
    else void parse(request, body, done)
  })
}

function serveHealth(app: FastifyInstance, { whyNotReady }: ServerOptions): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    const reason = await whyNotReady()
    return reason === undefined ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason })
  })
}

/** What Fastify refuses before GraphQL sees it, too large or no JSON, in the shape that GraphQL clients read. */
function describeRefusal(error: FastifyError, onError: (error: unknown) => void): { status: number; body: object } {
  const status = error.statusCode ?? 500
  if (status < 500)
    return { status, body: { errors: [{ message: error.message, extensions: { code: 'BAD_USER_INPUT' } }] } }
  onError(error)
  const message = 'Something went wrong on our side'
  return { status, body: { errors: [{ message, extensions: { code: 'INTERNAL' } }] } }
}

/** Requests that still come in on open connections after the abort are to be made again, elsewhere or later. */
function refuseOnceClosing(app: FastifyInstance): AbortController {
  const closing = new AbortController()
  app.addHook('onRequest', async (_, reply) => {
    if (!closing.signal.aborted) return
    await reply.code(503).send({ errors: [{ message: NOT_AVAILABLE, extensions: { code: 'UNAVAILABLE' } }] })
  })
  return closing
}

/** Before anything of a body is read, which Fastify would parse first. */
function refuseUnknownPaths(app: FastifyInstance): void {
  const errors = [{ message: 'Nothing is served at this path', extensions: { code: 'BAD_USER_INPUT' } }]
  const refuse = (_: FastifyRequest, reply: FastifyReply) => reply.code(404).send({ errors })
  app.addHook('onRequest', async (request, reply) => (request.is404 ? refuse(request, reply) : undefined))
  app.setNotFoundHandler(refuse)
}

/** Lets requests under way finish, for a while. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const cutter = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS)
  await app.close()
  clearTimeout(cutter)
}
