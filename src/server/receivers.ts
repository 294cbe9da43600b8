import type { FastifyInstance } from 'fastify'

const MAX_REMEMBERED = 1_000

/**
 * A receiver to try deliveries with: it fails the first request of each event with 503, so that a retry is to be seen,
 * and takes all later ones.
 */
export async function demoReceiver(app: FastifyInstance): Promise<void> {
  const seen = new Set<string>()
  app.post('/demo/receiver', (request, reply) => {
    const id = String(request.headers['webhook-id'] ?? '')
    if (seen.has(id)) return reply.code(200).send({ received: id })
    if (seen.size >= MAX_REMEMBERED) seen.clear()
    seen.add(id)
    return reply.code(503).send({ error: 'The demo receiver fails the first request of each event' })
  })
}

/**
 * Takes anything and keeps nothing: where the temporary destination of `postrider listen` sends to, so that its attempts
 * succeed and the feed has them.
 */
export async function listenSink(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, __, done) => done(null))
  app.post('/listen', (_, reply) => reply.code(204).send())
}
