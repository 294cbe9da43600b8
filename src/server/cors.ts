import type { IncomingHttpHeaders } from 'node:http'
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

export interface OriginOptions {
  /** Whose pages may call the API from a browser, as browsers write them: https://app.example.com. */
  readonly corsOrigins: readonly string[]
  /** Where people see this server; undefined: where they ask for it. */
  readonly publicUrl: string | undefined
}

const API_PATH = /^\/(graphql$|api\/)/

/** Lets pages of the listed origins read what the API answers, refusals too, and answers their preflights. */
export async function answerCors(app: FastifyInstance, { corsOrigins }: OriginOptions): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (!API_PATH.test(route.url)) route.config = { ...route.config, cors: false }
  })
  await app.register(cors, {
    origin: async (origin: string | undefined) => origin !== undefined && corsOrigins.includes(origin),
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    // Keys travel in a header, so there are no credentials for a browser to add.
    allowedHeaders:
      'authorization, content-type, postrider-application, postrider-organization, postrider-cost, apollo-require-preflight',
    exposedHeaders: 'retry-after',
    maxAge: 600,
  })
  // The plugin answers preflights of listed origins. Others get 204 and no permission: after 404, browsers would report a
  // failed request instead of an origin that is not listed.
  for (const path of ['/graphql', '/api/*']) app.options(path, (_, reply) => reply.code(204).send())
}

/**
 * Whether a page may open a socket: CORS does not hold for them, browsers only say where the page is from. Our own pages
 * may, and those of the listed origins. A caller that sends no Origin is not a browser.
 */
export function createOriginCheck({
  corsOrigins,
  publicUrl,
}: OriginOptions): (headers: IncomingHttpHeaders) => boolean {
  const known = new Set([...corsOrigins, ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin])])
  return ({ origin, host }) =>
    // Either scheme: a proxy in front may have taken TLS off.
    origin === undefined || known.has(origin) || origin === `http://${host}` || origin === `https://${host}`
}
