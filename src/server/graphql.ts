import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import { isPublish } from '../api/budgets/is-publish.ts'
import { type ApiContext, createContext } from '../api/context.ts'
import { COST_HEADER, checkOperation, limits, parseOptions } from '../api/limits.ts'
import { maskError } from '../api/mask-error.ts'
import type { Service } from './service.ts'

export interface GraphqlOptions {
  readonly schema: GraphQLSchema
  /** Throws UNAVAILABLE until the database is there. */
  readonly service: () => Service
  readonly onError: (error: unknown) => void
}

interface HttpContext extends ApiContext {
  readonly response: ServerResponse
}

/** Queries and mutations at /graphql. Subscriptions come by socket on the same path. */
export async function serveGraphql(app: FastifyInstance, options: GraphqlOptions): Promise<AsyncDisposable> {
  const { schema, service, onError } = options
  const apollo = new ApolloServer<HttpContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    parseOptions,
    // Apollo's own cache control would put itself around each field, of subscriptions too, to find that none may be kept.
    plugins: [operationLimits(schema, onError), ApolloServerPluginCacheControlDisabled()],
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (_, error) => maskError(error, onError),
  })
  await apollo.start()
  app.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    onRequest: async (_, reply) => void reply.header('cache-control', 'no-store'),
    preHandler: refuseUnanswerable,
    handler: fastifyApolloHandler(apollo, {
      context: async ({ headers }, reply) => {
        const { parts, authenticate, rateLimit } = service()
        const principal = await authenticate(headers)
        rateLimit(principal)
        await parts.budgets.admit(principal, bodyBytesOf(headers))
        return { ...createContext(parts, principal), response: reply.raw }
      },
    }),
  })
  return { [Symbol.asyncDispose]: () => apollo.stop() }
}

/** As much as is taken for a body that does not say its length. */
const UNKNOWN_BYTES = 100_000

function bodyBytesOf(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return UNKNOWN_BYTES
  return Number(headers['content-length'] ?? 0)
}

const ANSWERED = /json|\*\/\*|application\/\*|multipart\/mixed/i

/** Apollo would run the operation first, and then find that it has no way to answer. */
async function refuseUnanswerable({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (headers.accept === undefined || ANSWERED.test(headers.accept)) return
  const message = 'Accept application/graphql-response+json or application/json'
  await reply.code(406).send({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] })
}

/**
 * Refuses operations that ask for too much, and takes what they cost from the caller's budgets. Says what one costs when it is
 * asked with the header `postrider-cost`.
 */
function operationLimits(schema: GraphQLSchema, onError: (error: unknown) => void): ApolloServerPlugin<HttpContext> {
  return {
    async requestDidStart({ request, contextValue: context }) {
      const { answer, parts, principal, response: raw } = context
      let requested = 0
      let place: Disposable | undefined
      return {
        async didResolveOperation({ document, operation }) {
          if (!operation) return
          const { variables } = request
          checkOperation(schema, document, { operation, variables, onCost: (cost) => (requested = cost) })
          if (!isPublish(principal, operation, requested)) place = await parts.budgets.begin(principal, requested)
        },
        async willSendResponse({ response: { body, http } }) {
          if (place) {
            onceSent(raw, place)
            parts.budgets.takeBytes(principal, answer.usedBytes)
          }
          if (body.kind !== 'single') return
          if (answer.isOver) {
            body.singleResult = { errors: [maskError(answer.refusal, onError)] }
            http.status = 400
          }
          if (!request.http?.headers.has(COST_HEADER)) return
          body.singleResult.extensions = { ...body.singleResult.extensions, cost: { requested, limit: limits.cost } }
        },
      }
    },
  }
}

/** An answer takes memory until the caller has read it: its operation ends then. */
function onceSent(response: ServerResponse, place: Disposable): void {
  if (response.closed) place[Symbol.dispose]()
  else response.once('close', () => place[Symbol.dispose]())
}
