import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { GraphQLError } from 'graphql'
import { maskError } from '../api/mask-error.ts'
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  problem,
  type RestAnswer,
  type RestCall,
} from '../api/rest/webhooks-management.ts'
import { type Admission, BODY_LIMIT_BYTES } from './admission.ts'

export interface RestOptions {
  readonly rootDir: string
  readonly admission: Admission
  readonly onError: (error: unknown) => void
}

/** As the same costs by GraphQL, about. */
const ONE_COST = 10
const LIST_COST = 100

const PREFIX = '/api/webhooks-management'

/** Webhooks by REST, with the keys of GraphQL, and the file that describes it at /api/openapi.json. */
export async function serveRest(app: FastifyInstance, options: RestOptions): Promise<void> {
  const openapi = await readFile(path.join(options.rootDir, 'schema/openapi.json'), 'utf8')
  app.get('/api/openapi.json', (_, reply) => reply.type('application/json').send(openapi))
  const serve = (method: HTTPMethods, url: string, work: Route['work'], cost = ONE_COST) => {
    const handler = (request: FastifyRequest, reply: FastifyReply) => answer(request, reply, { ...options, work, cost })
    app.route({
      method,
      url,
      bodyLimit: BODY_LIMIT_BYTES,
      // A refusal has the shape of every answer, and comes before the body is read.
      onRequest: async (request, reply) =>
        (await options.admission.admit(request)) ? undefined : handler(request, reply),
      preParsing: (request, _, body) => options.admission.boundBody(request, body as Readable),
      handler,
    })
  }
  serve('POST', PREFIX, createWebhook)
  serve('GET', PREFIX, listWebhooks, LIST_COST)
  serve('GET', `${PREFIX}/:id`, getWebhook)
  serve('PATCH', `${PREFIX}/:id`, changeWebhook)
  serve('DELETE', `${PREFIX}/:id`, deleteWebhook)
}

interface Route extends RestOptions {
  readonly work: (call: RestCall) => Promise<RestAnswer>
  readonly cost: number
}

async function answer(request: FastifyRequest, reply: FastifyReply, route: Route): Promise<FastifyReply> {
  const { status, body, headers = {} } = await answerOf(request, route).catch((error) => refusal(error, route.onError))
  void reply.headers(headers)
  if (body === undefined) return reply.code(status).send()
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  return reply.code(status).type(type).send(JSON.stringify(body))
}

async function answerOf(request: FastifyRequest, { admission, work, cost }: Route): Promise<RestAnswer> {
  const context = admission.contextOf(request)
  using _place = await context.parts.budgets.begin(context.principal, cost)
  const organization = request.headers['postrider-organization']
  return await work({
    context,
    organization: typeof organization === 'string' ? organization : undefined,
    body: request.body,
    query: request.query as Record<string, string>,
    ...(request.params as { id?: string }),
  })
}

/** The same words and meanings as GraphQL's, under HTTP's numbers. */
const statuses: Readonly<Record<string, readonly [number, string]>> = {
  UNAUTHENTICATED: [401, 'Unauthorized'],
  FORBIDDEN: [403, 'Forbidden'],
  BAD_USER_INPUT: [400, 'Bad Request'],
  RATE_LIMITED: [429, 'Too Many Requests'],
  UNAVAILABLE: [503, 'Service Unavailable'],
}

function refusal(error: unknown, onError: (error: unknown) => void): RestAnswer {
  const wrapped = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })
  const { message, extensions } = maskError(wrapped, onError)
  const [status, title] = statuses[String(extensions?.code)] ?? [500, 'Internal Server Error']
  const http = wrapped.extensions.http as { headers?: ReadonlyMap<string, string> } | undefined
  return { ...problem(status, title, message), headers: Object.fromEntries(http?.headers ?? []) }
}
