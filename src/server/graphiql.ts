import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { PAGE_POLICY } from './security-headers.ts'

/** The page that `npm ci` builds into dist/graphiql, and the tabs that it opens with. */
export async function serveGraphiql(app: FastifyInstance, rootDir: string): Promise<void> {
  const examples = await readExamples(path.join(rootDir, 'schema/examples'))
  app.register(async (pages) => {
    pages.addHook('onRequest', async (_, reply) => void reply.header('content-security-policy', PAGE_POLICY))
    await pages.register(fastifyStatic, { root: path.join(rootDir, 'dist/graphiql'), prefix: '/graphiql/' })
  })
  // With its query string, which may hold an operation to open.
  for (const shorter of ['/', '/graphiql']) {
    app.get(shorter, (request, reply) => reply.redirect(`/graphiql/${request.url.replace(/^[^?]*/, '')}`))
  }
  app.get('/graphiql/config.json', (request, reply) =>
    reply.send({ tabs: examples(`${request.protocol}://${request.host}`) }),
  )
}

interface ExampleTab {
  /** Name of the operation, which is what GraphiQL calls the tab. */
  readonly title: string
  readonly query: string
}

/** Stands in the examples for the server's own address. */
const LOCAL_SERVER = 'http://127.0.0.1:4000'

/** The files of the folder in the order of their names, for a server at `origin`. */
async function readExamples(dir: string): Promise<(origin: string) => ExampleTab[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.graphql')).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(path.join(dir, name), 'utf8')))
  return (origin) =>
    texts.map((text) => ({
      title: /^(?:query|mutation|subscription) (\w+)/m.exec(text)?.[1] ?? '',
      query: text.replaceAll(LOCAL_SERVER, origin),
    }))
}
