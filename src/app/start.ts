import { findPackageJSON } from 'node:module'
import path from 'node:path'
import type { Logger } from 'pino'
import { createAuthenticate } from '../api/principal.ts'
import { createRateLimit } from '../api/rate-limit.ts'
import { buildApiSchema } from '../api/schema.ts'
import { type ConnectorRegistry, loadConnectors } from '../connector/registry.ts'
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { startServer } from '../server/http.ts'
import { describeAddress } from '../store/reach-postgres.ts'
import { openWhenReachable } from './await-database.ts'
import type { Config } from './config.ts'
import { type DataFolder, type DemoFile, openDataFolder } from './data-folder.ts'
import { createLog } from './log.ts'
import { type OpenOptions, openParts, type Tuning } from './parts.ts'

/** api: GraphQL, GraphiQL. worker: delivers. Both answer /healthz and /readyz. */
export type Role = 'all' | 'api' | 'worker'

/** A running process. Disposing it stops claiming, finishes or hands back what is in flight, and stops the rest. */
export interface Postrider extends AsyncDisposable {
  readonly url: string
  readonly operatorKey: string
  /** The demo application's key, while the data folder has it. */
  readonly demo: DemoFile | undefined
  readonly databaseUrl: string
}

export interface StartOptions {
  readonly config: Config
  readonly role?: Role
  /** Default: JSON lines on standard error. */
  readonly log?: Logger
  /** Whose folders are the connectors. Default: plugins/ beside src/. */
  readonly pluginsDir?: string
  /** Connectors that are loaded already, in the place of all others: for the conformance kit. */
  readonly connectors?: ConnectorRegistry
  /** What everything to destinations goes through, around the guarded client. Default: nothing. For the conformance kit. */
  readonly wrapOutbound?: (outbound: Outbound) => Outbound
  /** For tests. */
  readonly tuning?: Tuning
  /** Ends the waiting for a database that cannot be reached: the start fails with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told once when the database cannot be reached: health is answered at this URL, the rest waits. */
  readonly onWaiting?: (url: string) => void
}

/** Thrown when a connector did not load that must. The message names each with its reason. */
class ConnectorsFailed extends Error {
  override readonly name = 'ConnectorsFailed'
}

/** The package's folder. Compiled files and sources lie at different depths below it. */
const rootDir = path.dirname(findPackageJSON(import.meta.url)!)

/** Starts the roles asked for, and resolves when they are ready. A database that cannot be reached is waited for. */
export async function startPostrider(options: StartOptions): Promise<Postrider> {
  const { config, role = 'all', log = createLog(config.logLevel) } = options
  const pluginsDir = options.pluginsDir ?? path.resolve(import.meta.dirname, '../../plugins')
  await using starting = new AsyncDisposableStack()
  const connectors = options.connectors ?? (await loadConnectors({ pluginsDir, packages: config.connectors }))
  reportFailed(connectors, config.strictConnectors, log)
  const folder = await openDataFolder(config)
  const databaseUrl = config.databaseUrl ?? (await embeddedUrl(folder, log, starting))
  let whyNotReady = async (): Promise<string | undefined> => 'It is starting'
  await using listening = new AsyncDisposableStack()
  const server = listening.use(
    await startServer({
      schema: buildApiSchema(),
      host: config.host,
      port: config.port,
      rootDir,
      hasApi: role !== 'worker',
      corsOrigins: config.corsOrigins,
      publicUrl: config.publicUrl,
      withDemoReceiver: config.databaseUrl === undefined,
      whyNotReady: () => whyNotReady(),
      limits: { ...options.tuning?.connections, maxConnections: config.maxConnections },
      log,
      onError: (error) => log.error(error),
    }),
  )
  const url = config.publicUrl?.replace(/\/$/, '') ?? `http://${urlHost(config.host)}:${server.port}`
  const { wrapOutbound, tuning } = options
  const opening: OpenOptions = {
    config,
    role,
    log,
    connectors,
    folder,
    databaseUrl,
    publicUrl: url,
    wrapOutbound,
    tuning,
  }
  const opened = await openWhenPossible(options, opening, (isFirst) => {
    whyNotReady = async () => 'Waiting for the database'
    if (isFirst) options.onWaiting?.(url)
  })
  const parts = starting.use(opened)
  const rateLimit = createRateLimit(config.rateLimit, () => performance.now())
  server.serve({ parts, rateLimit, authenticate: createAuthenticate({ ...parts, operatorKey: folder.operatorKey }) })
  whyNotReady = parts.whyNotReady
  // The server was there first and goes first. Before that, nothing more is claimed.
  starting.use(listening.move())
  starting.defer(parts.stopClaiming)
  const started = starting.move()
  return {
    url,
    operatorKey: folder.operatorKey,
    demo: parts.demo,
    databaseUrl,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** Throws when none may have failed. */
function reportFailed(connectors: ConnectorRegistry, isStrict: boolean, log: Logger): void {
  const failed = [...connectors.values()].filter((one) => one.status === 'FAILED')
  for (const { key, reason } of failed) log.error({ connector: key, reason }, 'connector did not load')
  if (!isStrict || failed.length === 0) return
  const reasons = failed.map(({ key, reason }) => `  ${key}: ${reason}`)
  throw new ConnectorsFailed(`Connectors did not load, and POSTRIDER_STRICT_CONNECTORS is on:\n${reasons.join('\n')}`)
}

/** An embedded Postgres that is away is broken, and not waited for. */
function openWhenPossible(
  { config, signal = new AbortController().signal }: StartOptions,
  opening: OpenOptions,
  onWait: (isFirst: boolean) => void,
) {
  if (!config.databaseUrl) return openParts(opening)
  const { databaseUrl, log } = opening
  let isFirst = true
  return openWhenReachable(
    {
      databaseUrl,
      signal,
      random: Math.random,
      onWait(reason, retryInMs) {
        const database = describeAddress(databaseUrl)
        log.warn({ database, reason, retryInMs }, 'the database cannot be used yet; trying again')
        onWait(isFirst)
        isFirst = false
      },
    },
    () => openParts(opening),
  )
}

async function embeddedUrl(folder: DataFolder, log: Logger, starting: AsyncDisposableStack): Promise<string> {
  const postgres = starting.use(
    await startEmbeddedPostgres({ dataDir: folder.dir, log: (message) => log.warn({ postgres: message }) }),
  )
  return postgres.url
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
