import type { FastifyInstance } from 'fastify'

/**
 * Takes anything and keeps nothing: where the temporary destination of `postrider listen` sends to, so that its attempts
 * succeed and the feed has them.
 */
export async function listenSink(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, __, done) => done(null))
  app.post('/listen', (_, reply) => reply.code(204).send())
}
