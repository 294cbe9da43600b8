import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { readExamples } from './examples.ts'

/** The page that `npm ci` builds into dist/graphiql, and the tabs that it opens with. */
export async function serveGraphiql(app: FastifyInstance, rootDir: string): Promise<void> {
  await app.register(fastifyStatic, { root: path.join(rootDir, 'dist/graphiql'), prefix: '/graphiql/' })
  // With its query string, which may hold an operation to open.
  for (const shorter of ['/', '/graphiql']) {
    app.get(shorter, (request, reply) => reply.redirect(`/graphiql/${request.url.replace(/^[^?]*/, '')}`))
  }
  const examples = await readExamples(path.join(rootDir, 'schema/examples'))
  app.get('/graphiql/config.json', (request, reply) =>
    reply.header('cache-control', 'no-store').send({ tabs: examples(`${request.protocol}://${request.host}`) }),
  )
}
