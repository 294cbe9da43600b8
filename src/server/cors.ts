import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'

export interface OriginOptions {
  /** Whose pages may call the API from a browser, as browsers write them: https://app.example.com. */
  readonly corsOrigins: readonly string[]
  /** Where people see this server; undefined: where they ask for it. */
  readonly publicUrl: string | undefined
}

/** Told to every browser of a listed origin. Keys travel in a header, so there are no credentials for a browser to add. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, postrider-application, postrider-organization, postrider-cost, apollo-require-preflight',
  'access-control-max-age': '600',
}

const API_PATH = /^\/(graphql|api\/[^?]*)(\?|$)/

/** Lets pages of the listed origins read what the API answers, refusals too, and answers their preflights. */
export function answerCors(app: FastifyInstance, { corsOrigins }: OriginOptions): void {
  app.addHook('onRequest', async ({ url, headers: { origin } }, reply) => {
    if (!API_PATH.test(url)) return
    // A cache must not hand one origin what was meant for another.
    reply.header('vary', 'Origin')
    if (origin === undefined || !corsOrigins.includes(origin)) return
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'retry-after')
  })
  for (const path of ['/graphql', '/api/*']) {
    app.options(path, async (_, reply) => {
      if (reply.hasHeader('access-control-allow-origin')) reply.headers(PREFLIGHT)
      return reply.code(204).send()
    })
  }
}

/**
 * Whether a page may open a socket: CORS does not hold for them, browsers only say where the page is from. Our own pages
 * may, and those of the listed origins. A caller that sends no Origin is no browser.
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
