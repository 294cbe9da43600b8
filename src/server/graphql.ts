import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { ApolloServer, type ApolloServerOptionsWithSchema, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { isPublish } from '../api/budgets/is-publish.ts'
import type { ApiContext } from '../api/context.ts'
import { COST_HEADER, checkOperation, limits, parseOptions, refuseOverflow } from '../api/limits.ts'
import { maskError } from '../api/mask-error.ts'
import { type Admission, BODY_LIMIT_BYTES } from './admission.ts'

/** What Apollo logs by. */
export type ApolloLogger = NonNullable<ApolloServerOptionsWithSchema<ApiContext>['logger']>

export interface GraphqlOptions {
  readonly schema: GraphQLSchema
  readonly admission: Admission
  readonly log: ApolloLogger
  readonly onError: (error: unknown) => void
}

interface HttpContext extends ApiContext {
  readonly response: ServerResponse
}

/** Queries and mutations at /graphql. Subscriptions come by socket on the same path. */
export async function serveGraphql(app: FastifyInstance, options: GraphqlOptions): Promise<AsyncDisposable> {
  const { schema, admission, log, onError } = options
  const apollo = new ApolloServer<HttpContext>({
    schema,
    logger: log,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    parseOptions,
    // Apollo's own cache control would put itself around each field, of subscriptions too, to find that none may be kept.
    plugins: [
      operationLimits(schema, onError),
      callersMistakes,
      ApolloServerPluginCacheControlDisabled(),
      // It loads scripts from elsewhere, into the origin whose storage has the keys.
      ApolloServerPluginLandingPageDisabled(),
    ],
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (_, error) => maskError(error, onError),
  })
  await apollo.start()
  const answer = fastifyApolloHandler(apollo, {
    context: async (request, { raw: response }) => ({ ...admission.contextOf(request), response }),
  })
  app.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    bodyLimit: BODY_LIMIT_BYTES,
    onRequest: [
      showPage,
      refuseBadHost,
      // Apollo answers a refusal in the shape of every answer, before the body is read.
      async (request, reply) => {
        if (!(await admission.admit(request))) return reply.send((await answer.call(app, request, reply)) as string)
      },
    ],
    preParsing: (request, _, body) => admission.boundBody(request, body as Readable),
    preHandler: refuseUnanswerable,
    handler: answer,
  })
  return { [Symbol.asyncDispose]: () => apollo.stop() }
}

/** Who opens the address in a browser gets GraphiQL, with the operation of the address. */
async function showPage({ method, url, headers }: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (method !== 'GET' || headers.authorization !== undefined || !headers.accept?.includes('text/html'))
    return undefined
  return reply.redirect(`/graphiql/${url.replace(/^[^?]*/, '')}`)
}

/** The handler makes a URL of it, and would throw. */
async function refuseBadHost({ hostname }: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (URL.canParse(`http://${hostname}/`)) return undefined
  return reply.code(400).send({ errors: [{ message: 'host: names no host', extensions: { code: 'BAD_USER_INPUT' } }] })
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
      parts.budgets.takeText(principal, request.query?.length ?? 0)
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

/** What Apollo takes for a failure of ours, or answers with 200, although the caller asked for it. */
const callersMistakes: ApolloServerPlugin<ApiContext> = {
  async requestDidStart({ request }) {
    if (!request.extensions?.persistedQuery) return undefined
    return {
      async willSendResponse({ response: { http } }) {
        http.status = 400
        http.headers.delete('cache-control')
      },
    }
  },
  // Thrown here, it is answered and logged as what resolvers throw. Apollo would log its text by itself.
  async unexpectedErrorProcessingRequest({ error }) {
    throw refuseOverflow(error) ?? new GraphQLError('', { originalError: error })
  },
}
