import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Account } from './account.ts'
import { stopLeftBehind } from './left-behind.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { OutputTail, spawnAs } from './process.ts'
import { signalPostgres } from './signal.ts'

export interface Server extends AsyncDisposable {
  readonly port: number
}

interface ServerOptions {
  readonly folder: string
  readonly binaries: PostgresBinaries
  readonly account: Account
  readonly settings: Readonly<Record<string, string>>
  readonly log: (message: string) => void
}

/** Starts Postgres and waits until it accepts connections. */
export async function startServer(options: ServerOptions): Promise<Server> {
  for (let triesLeft = 20; ; triesLeft--) {
    try {
      return await launch(await findFreePort(), options)
    } catch (error) {
      if (triesLeft === 0 || !mayPass.test((error as Error).message)) throw error
      await delay(100)
      await stopLeftBehind(options)
    }
  }
}

/**
 * Another took the port in the meantime; a Postgres whose owner was killed while it started got here first; the children
 * of a Postgres that was killed are still about to leave.
 */
const mayPass = /could not bind|lock file "postmaster\.pid"|pre-existing shared memory block/

/** For a machine that has other work to do. fsync and synchronous_commit stay on, as Postgres has them. */
const ourSettings = {
  max_connections: '200',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1', // SSD
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '10min',
  max_parallel_workers_per_gather: '0', // short queries on few cores; and containers have little /dev/shm
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_min_error_statement: 'panic', // statements hold customers' data
}

async function launch(port: number, options: ServerOptions): Promise<Server> {
  const { folder, binaries, account, log } = options
  const settings = { ...ourSettings, ...options.settings, ...reachableAt(port), log_line_prefix: '[%b] ' }
  const assignments = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawnAs(account, { command: [binaries.postgres, '-D', folder, ...assignments], cwd: folder })

  let state: 'starting' | 'running' | 'stopping' = 'starting'
  const ready = Promise.withResolvers<void>()
  const output = new OutputTail(child, {
    accept: concernsOperator,
    onLine(line) {
      if (state === 'running') log(`Postgres: ${line}`)
      if (line.endsWith('database system is ready to accept connections')) ready.resolve()
    },
  })
  child.once('error', (cause) => {
    ready.reject(new Error(`Cannot run ${binaries.postgres}: ${cause.message}`, { cause }))
  })
  child.once('close', (exitCode, signal) => {
    const message = `Postgres ended (${signal ?? exitCode}):\n${output.text}`
    ready.reject(new Error(message))
    if (state === 'running') log(message)
  })
  await ready.promise
  state = 'running'

  return {
    port,
    async [Symbol.asyncDispose]() {
      state = 'stopping'
      await stop(child, binaries)
    },
  }
}

function reachableAt(port: number) {
  return { listen_addresses: '127.0.0.1', port: `${port}`, unix_socket_directories: '' }
}

/** What a client did wrong is told to the client, which is us, and may hold customers' data. */
function concernsOperator(line: string): boolean {
  const continues = line.startsWith('\t')
  return !continues && !line.startsWith('[client backend]')
}

async function stop(child: ChildProcess, binaries: PostgresBinaries): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  await signalPostgres(child.pid!, 'SIGINT', binaries)
  const deadline = setTimeout(() => {
    // Should this fail too, there is nothing left but to wait.
    signalPostgres(child.pid!, 'SIGQUIT', binaries).catch(() => {})
  }, 60_000)
  await exited
  clearTimeout(deadline)
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
