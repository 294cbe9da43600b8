import { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import { type ApiContext, createContext } from '../api/context.ts'
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
        const { parts, authenticate } = service()
        return createContext(parts, await authenticate(headers), { remember: true })
      },
    }),
  })
  return { [Symbol.asyncDispose]: () => apollo.stop() }
}
