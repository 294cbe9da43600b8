import path from 'node:path'
import { ApolloServer } from '@apollo/server'
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify'
import fastifyStatic from '@fastify/static'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import { type ApiContext, type ApiParts, createContext } from '../api/context.ts'
import { maskError } from '../api/mask-error.ts'
import type { Authenticate } from '../api/principal.ts'
import { demoReceiver } from './demo-receiver.ts'
import { readExamples } from './examples.ts'
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

/** Everything that is reached over HTTP, on one port. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const app = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: 'idle' })
  await using parts = new AsyncDisposableStack()
  parts.defer(async () => {
    const cutter = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS)
    await app.close()
    clearTimeout(cutter)
  })
  app.setErrorHandler((error: FastifyError, _, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) options.onError(error)
    // What Fastify refuses before GraphQL sees it, too large or no JSON, in the shape that GraphQL clients read.
    const code = status >= 500 ? 'INTERNAL' : 'BAD_USER_INPUT'
    const message = status >= 500 ? 'Something went wrong on our side' : error.message
    reply.code(status).send({ errors: [{ message, extensions: { code } }] })
  })
  if (options.hasApi) await serveApi(app, parts, options)
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    try {
      await options.assertReady()
      return { status: 'ready' }
    } catch (error) {
      options.onError(error)
      return reply.code(503).send({ status: 'not ready' })
    }
  })
  if (options.withDemoReceiver) app.register(demoReceiver)
  await app.listen({ host: options.host, port: options.port })
  // Not before: ws would report a port that is taken a second time, in words of its own.
  if (options.hasApi) parts.use(acceptSockets(app.server, options))
  const address = app.server.address()
  const opened = parts.move()
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** GraphQL over HTTP and sockets on one path, and GraphiQL beside it. */
async function serveApi(app: FastifyInstance, parts: AsyncDisposableStack, options: ServerOptions): Promise<void> {
  const apollo = await startApollo(app, options)
  parts.defer(() => apollo.stop())
  await app.register(fastifyStatic, { root: path.join(options.rootDir, 'dist/graphiql'), prefix: '/graphiql/' })
  app.get('/', (_, reply) => reply.redirect('/graphiql/'))
  app.get('/graphiql', (_, reply) => reply.redirect('/graphiql/'))
  const examples = await readExamples(path.join(options.rootDir, 'schema/examples'))
  app.get('/graphiql/config.json', (request, reply) =>
    reply.header('cache-control', 'no-store').send({ tabs: examples(`${request.protocol}://${request.host}`) }),
  )
}

async function startApollo(app: FastifyInstance, options: ServerOptions): Promise<ApolloServer<ApiContext>> {
  const { schema, parts, authenticate, onError } = options
  const apollo = new ApolloServer<ApiContext>({
    schema,
    plugins: [fastifyApolloDrainPlugin(app)],
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (_, error) => maskError(error, onError),
  })
  await apollo.start()
  app.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    handler: fastifyApolloHandler(apollo, {
      context: async ({ headers }) => createContext(parts, await authenticate(headers), { remember: true }),
    }),
  })
  return apollo
}
