import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import type { ApiParts } from '../api/context.ts'
import { NOT_AVAILABLE } from '../api/mask-error.ts'
import type { Authenticate } from '../api/principal.ts'
import { demoReceiver } from './demo-receiver.ts'
import { serveGraphiql } from './graphiql.ts'
import { serveGraphql } from './graphql.ts'
import { acceptSockets } from './websocket.ts'

export interface ServerOptions {
  readonly schema: GraphQLSchema
  readonly parts: ApiParts
  readonly authenticate: Authenticate
  readonly host: string
  readonly port: number
  /** The checkout or package: dist/graphiql and schema/examples lie there. */
  readonly rootDir: string
  /** Whether GraphQL and GraphiQL are served; health always is. */
  readonly hasApi: boolean
  /** Whether POST /demo/receiver answers: a receiver to try deliveries with. */
  readonly withDemoReceiver: boolean
  /** Throws while events cannot be taken and delivered. */
  readonly assertReady: () => Promise<void>
  readonly onError: (error: unknown) => void
}

export interface Server extends AsyncDisposable {
  readonly port: number
}

/** Largest request; a batch of publishes needs it. */
const BODY_LIMIT_BYTES = 5 * 1_024 * 1_024

/** How long requests under way may take once the server is told to stop. */
const CLOSE_GRACE_MS = 3_000

/** Everything that is reached over HTTP, on one port. It stops in the opposite order: sockets, requests, GraphQL. */
export async function startServer(options: ServerOptions): Promise<Server> {
  // What Fastify says by itself while it closes is not in the shape that GraphQL clients read.
  const app = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: 'idle', return503OnClosing: false })
  app.setErrorHandler((error: FastifyError, _, reply) => {
    const { status, body } = describeRefusal(error, options.onError)
    reply.code(status).send(body)
  })
  const closing = refuseOnceClosing(app)
  await using parts = new AsyncDisposableStack()
  if (options.hasApi) {
    parts.use(await serveGraphql(app, options))
    await serveGraphiql(app, options.rootDir)
  }
  serveHealth(app, options)
  if (options.withDemoReceiver) app.register(demoReceiver)
  parts.defer(() => {
    closing.abort()
    return closeApp(app)
  })
  await app.listen({ host: options.host, port: options.port })
  // Not before: ws would report a port that is taken a second time, in words of its own.
  if (options.hasApi) parts.use(acceptSockets(app.server, options))
  const opened = parts.move()
  return {
    port: (app.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

function serveHealth(app: FastifyInstance, { assertReady, onError }: ServerOptions): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    try {
      await assertReady()
      return { status: 'ready' }
    } catch (error) {
      onError(error)
      return reply.code(503).send({ status: 'not ready' })
    }
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

/** Lets requests under way finish, for a while. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const cutter = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS)
  await app.close()
  clearTimeout(cutter)
}
