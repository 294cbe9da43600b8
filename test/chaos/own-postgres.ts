import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/embedded-postgres.ts'
import type { TestDatabase } from '../support/database.ts'
import { postmasterPid, temporaryFolder } from '../support/process.ts'
import { startProxy } from '../support/proxy.ts'
import { until } from './until.ts'

/** A Postgres of this test alone, with fsync as in production. Its URL stays the same over its deaths. */
export interface OwnPostgres extends TestDatabase {
  /** SIGKILL to the postmaster, which takes its children with it, and a start on the same data: crash recovery. */
  killAndStart(): Promise<void>
  /** SIGKILL to one session of the server: Postgres then cuts off all the others, and recovers by itself. */
  killSession(): Promise<void>
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  await using starting = new AsyncDisposableStack()
  const dataDir = starting.use(await temporaryFolder()).path
  let postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir })
  starting.defer(() => postgres[Symbol.asyncDispose]())
  // Each start takes another port.
  const proxy = starting.use(await startProxy(postgres.url))
  const started = starting.move()
  const query: TestDatabase['query'] = (text, values) => queryOnce(proxy.url, text, values)
  return {
    url: proxy.url,
    query,
    async killAndStart() {
      process.kill((await postmasterPid(dataDir))!, 'SIGKILL')
      await postgres[Symbol.asyncDispose]()
      postgres = await startEmbeddedPostgres({ dataDir })
      proxy.leadTo(postgres.url)
    },
    async killSession() {
      const [session] = await query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = 'postrider' order by state = 'active' desc limit 1",
      )
      const startedAt = await startOf(query)
      process.kill(session!.pid, 'SIGKILL')
      await until('Postgres has recovered', async () => (await startOf(query).catch(() => startedAt)) !== startedAt)
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** Memory that sessions share is made anew after a crash; what it says of its age tells that one is over. */
async function startOf(query: TestDatabase['query']): Promise<string> {
  const [row] = await query<{ at: string }>(
    "select min(backend_start)::text as at from pg_stat_activity where backend_type in ('checkpointer', 'walwriter')",
  )
  return row!.at
}

/** On a connection of its own: one that is kept may be a dead one. */
async function queryOnce<Row extends pg.QueryResultRow>(url: string, text: string, values?: unknown[]): Promise<Row[]> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}
