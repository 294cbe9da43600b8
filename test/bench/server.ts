import { randomBytes } from 'node:crypto'
import type { Endpoint } from '../../src/client/request.ts'
import { type PostriderProcess, startProcess } from '../support/process.ts'
import type { BenchDatabase, BenchPostgres } from './postgres.ts'
import { cpuTimeUs, memoryBytes, peakMemoryBytes } from './proc.ts'
import { within } from './until.ts'

/** The product as it is started by hand, in processes of its own, on a database of its own. */
export interface BenchServer extends AsyncDisposable {
  readonly operator: Endpoint
  readonly database: BenchDatabase
  /** CPU time so far of the product's processes and of all of Postgres, microseconds. */
  cpu(): Promise<CpuUs>
  /** The most resident memory that the first of its processes has had, bytes. */
  peakMemoryBytes(): Promise<number>
  /** Its resident memory now, bytes. */
  memoryBytes(): Promise<number>
  /** Another process of the product, that only delivers. */
  addWorker(): Promise<void>
}

export interface CpuUs {
  readonly nodeUs: number
  readonly postgresUs: number
}

export interface ServerOptions {
  /** all: one process. api: no worker until one is added. Default all. */
  readonly role?: 'all' | 'api'
  /** What stands between the product and its Postgres, by the URL of the database. */
  readonly databaseUrl?: (url: string) => Promise<string>
}

const START_MS = 60_000

export async function startServer(
  postgres: BenchPostgres,
  { role = 'all', databaseUrl = async (url) => url }: ServerOptions = {},
): Promise<BenchServer> {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await postgres.createDatabase())
  const key = randomBytes(24).toString('hex')
  const environment = {
    DATABASE_URL: await databaseUrl(database.url),
    POSTRIDER_SECRET_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    POSTRIDER_OPERATOR_KEY: key,
    POSTRIDER_OUTBOUND_ALLOW: '127.0.0.1/32',
    // As below npm: it ends by itself when the bench is killed.
    npm_lifecycle_event: 'bench',
  }
  const processes: PostriderProcess[] = []
  const start = async (one: 'all' | 'api' | 'worker') => {
    const begun = startProcess({ environment, args: ['--role', one] })
    processes.push(await within(`postrider --role ${one} starts`, START_MS, begun))
  }
  starting.defer(() => endAll(processes))
  await start(role)
  const started = starting.move()
  return {
    operator: { url: processes[0]!.url, key },
    database,
    async cpu() {
      const [nodeUs, postgresUs] = await Promise.all([cpuTimeUs(processes.map(({ pid }) => pid)), postgres.cpuUs()])
      return { nodeUs, postgresUs }
    },
    peakMemoryBytes: () => peakMemoryBytes(processes[0]!.pid),
    memoryBytes: () => memoryBytes(processes[0]!.pid),
    addWorker: () => start('worker'),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** What they complained about is shown: figures of a product that is in trouble are none. */
async function endAll(processes: readonly PostriderProcess[]): Promise<void> {
  for (const { output } of processes) {
    const complaints = output.split('\n').filter((line) => /"level":[56]0/.test(line))
    if (complaints.length > 0) console.error(`The server complained ${complaints.length} times:\n${complaints.at(-1)}`)
  }
  await Promise.all(processes.map((one) => one[Symbol.asyncDispose]()))
}
