import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
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

/** Queries and mutations at /graphql. Subscriptions come by socket on the same path. */
export async function serveGraphql(app: FastifyInstance, options: GraphqlOptions): Promise<AsyncDisposable> {
  const { schema, service, onError } = options
  const apollo = new ApolloServer<ApiContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    parseOptions,
    plugins: [operationLimits(schema)],
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (_, error) => maskError(error, onError),
  })
  await apollo.start()
  app.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    handler: fastifyApolloHandler(apollo, {
      context: async ({ headers }) => {
        const { parts, authenticate, rateLimit } = service()
        const principal = await authenticate(headers)
        rateLimit(principal)
        return createContext(parts, principal, { remember: true })
      },
    }),
  })
  return { [Symbol.asyncDispose]: () => apollo.stop() }
}

/** Refuses operations that ask for too much, and says what one costs when it is asked with the header `postrider-cost`. */
function operationLimits(schema: GraphQLSchema): ApolloServerPlugin<ApiContext> {
  return {
    async requestDidStart({ request }) {
      let requested = 0
      return {
        async didResolveOperation({ document, operation }) {
          if (operation) requested = checkOperation(schema, document, { operation, variables: request.variables })
        },
        async willSendResponse({ response: { body } }) {
          if (body.kind !== 'single' || !request.http?.headers.has(COST_HEADER)) return
          body.singleResult.extensions = { ...body.singleResult.extensions, cost: { requested, limit: limits.cost } }
        },
      }
    },
  }
}
