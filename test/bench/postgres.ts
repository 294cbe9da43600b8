import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded/embedded-postgres.ts'
import { postmasterPid, temporaryFolder } from '../support/process.ts'
import { cpuTimeUs, descendantsOf } from './proc.ts'

/** The Postgres that the product brings, set up as the product does it: fsync is on. */
export interface BenchPostgres extends AsyncDisposable {
  readonly version: string
  /** CPU time of all its processes so far, microseconds. */
  cpuUs(): Promise<number>
  /** An empty database. Disposing drops it. */
  createDatabase(): Promise<BenchDatabase>
}

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string
  /** One statement on a connection of the bench's own. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
}

/** No statement of the bench takes longer. */
const STATEMENT_MS = 120_000

export async function startBenchPostgres(): Promise<BenchPostgres> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await temporaryFolder())
  const postgres = starting.use(await startEmbeddedPostgres({ dataDir: folder.path, log: console.error }))
  const admin = starting.use(await connect(postgres.url))
  const postmaster = await postmasterPid(folder.path)
  if (!postmaster) throw new Error('The Postgres of the bench has no number')
  const [row] = await admin.query<{ server_version: string }>('show server_version')
  const started = starting.move()
  let databases = 0
  return {
    version: row!.server_version,
    cpuUs: async () => cpuTimeUs([postmaster, ...(await descendantsOf(postmaster))]),
    async createDatabase() {
      databases += 1
      const name = `bench_${databases}`
      await admin.query(`create database ${name}`)
      const url = new URL(postgres.url)
      url.pathname = `/${name}`
      const database = await connect(url.href)
      return {
        url: url.href,
        query: database.query,
        async [Symbol.asyncDispose]() {
          await database[Symbol.asyncDispose]()
          await admin.query(`drop database ${name} with (force)`)
        },
      }
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

async function connect(url: string): Promise<Pick<BenchDatabase, 'query'> & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url, query_timeout: STATEMENT_MS })
  // The next query is told.
  client.on('error', () => undefined)
  await client.connect()
  return {
    query: async (text, values) => (await client.query(text, values)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  }
}
