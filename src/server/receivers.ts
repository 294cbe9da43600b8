import type { IncomingMessage } from 'node:http'
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'

const MAX_REMEMBERED = 1_000

/** Longer than any delivery. Nothing of it is kept, and nothing parsed. */
const MAX_DISCARDED_BYTES = 1_024 * 1_024

/**
 * A receiver to try deliveries with: it fails the first request of each event with 503, so that a retry is to be seen,
 * and takes all later ones.
 */
export async function demoReceiver(app: FastifyInstance): Promise<void> {
  discardBodies(app)
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
  discardBodies(app)
  app.post('/listen', (_, reply) => reply.code(204).send())
}

function discardBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_: FastifyRequest, body: IncomingMessage) => discard(body))
}

async function discard(body: IncomingMessage): Promise<void> {
  let sizeBytes = 0
  try {
    // Destroyed, it would take the connection with it, and the answer.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      sizeBytes += (chunk as Buffer).length
      if (sizeBytes > MAX_DISCARDED_BYTES) break
    }
  } catch {
    // The sender has gone.
    throw new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH()
  }
  if (sizeBytes > MAX_DISCARDED_BYTES) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE()
}
