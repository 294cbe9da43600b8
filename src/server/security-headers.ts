import type { FastifyInstance } from 'fastify'

/** What browsers are told with every answer. No answer is a page, but for GraphiQL: see PAGE_POLICY. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // Answers hold what a key opened, secrets among it.
  'cache-control': 'no-store',
} as const

/** GraphiQL loads everything from here. Its editor, Monaco, writes style sheets into the page, and has its icons as data. */
export const PAGE_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function sendSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_, reply) => void reply.headers(SECURITY_HEADERS))
}
