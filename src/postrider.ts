import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { ApiParts } from './api/context.ts'
import { createAuthenticate } from './api/principal.ts'
import { buildApiSchema } from './api/schema.ts'
import type { Config } from './config.ts'
import { loadConnectors } from './connector/registry.ts'
import { type DataFolder, type DemoFile, openDataFolder } from './data-folder.ts'
import { startEmbeddedPostgres } from './embedded/embedded-postgres.ts'
import { prepareDemo } from './first-start.ts'
import { createLog } from './log.ts'
import { createOutbound } from './outbound/outbound.ts'
import { openDeliveryWatch } from './pipeline/delivery-watch.ts'
import { openFeed } from './pipeline/feed.ts'
import { createPublish } from './pipeline/publish.ts'
import { startRollUp } from './pipeline/roll-up.ts'
import { startUpkeep } from './pipeline/upkeep.ts'
import { startWorker } from './pipeline/worker.ts'
import { startServer } from './server/http.ts'
import { openBell } from './store/bell.ts'
import { createSecretBox } from './store/secret-box.ts'
import { openStore } from './store/store.ts'

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
}

const rootDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const POLL_MS = 1_000

/** Starts the roles asked for. */
export async function startPostrider(options: StartOptions): Promise<Postrider> {
  const { config, role = 'all' } = options
  await using starting = new AsyncDisposableStack()
  const { parts, folder, demo, databaseUrl, onError } = await openParts(options, starting)
  const worker =
    role === 'api' ? undefined : starting.use(startWorker({ ...parts, ...workerSettings(config), onError }))
  if (role !== 'api') starting.use(startRollUp({ ...parts, onError }))
  const server = starting.use(
    await startServer({
      schema: buildApiSchema(),
      parts,
      authenticate: createAuthenticate({ store: parts.store, operatorKey: folder.operatorKey }),
      host: config.host,
      port: config.port,
      rootDir,
      hasApi: role !== 'worker',
      withDemoReceiver: demo !== undefined && config.databaseUrl === undefined,
      assertReady: async () => {
        await parts.store.sql('select 1')
        if (worker && !worker.isClaiming) throw new Error('The worker cannot claim deliveries')
      },
      onError,
    }),
  )
  // The first thing that a stop does, before the server is shut down.
  starting.defer(() => worker?.stopClaiming())
  const started = starting.move()
  return {
    url: config.publicUrl?.replace(/\/$/, '') ?? `http://${urlHost(config.host)}:${server.port}`,
    operatorKey: folder.operatorKey,
    demo,
    databaseUrl,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** What both roles are made of, from the database outwards. */
async function openParts(options: StartOptions, starting: AsyncDisposableStack) {
  const { config, role = 'all', log = createLog(config.logLevel), pluginsDir = path.join(rootDir, 'plugins') } = options
  const onError = (error: unknown) => log.error(error)
  const folder = await openDataFolder(config)
  const databaseUrl = config.databaseUrl ?? (await embeddedUrl(folder, log, starting))
  const secrets = createSecretBox(folder.secretKeys)
  const opening = { databaseUrl, poolSize: config.databasePool, secrets, supervise: role !== 'api', onError }
  const store = starting.use(await openStore(opening))
  const demo = await prepareDemo(store, folder)
  starting.use(startUpkeep({ store, onError }))
  const bell = starting.use(openBell({ databaseUrl, sql: store.sql, onError }))
  const connectors = await loadConnectors(pluginsDir)
  for (const [key, connector] of connectors) {
    if (connector.status === 'FAILED') log.error({ connector: key, reason: connector.reason }, 'connector did not load')
  }
  const parts: ApiParts = {
    store,
    bell,
    connectors,
    outbound: starting.use(createOutbound({ allow: config.outboundAllow })),
    feed: starting.use(openFeed({ store, bell, onError })),
    watch: starting.use(openDeliveryWatch({ store, bell, onError })),
    publish: createPublish({ store, bell }),
    audit: (action, details) => log.info(details, action),
  }
  return { parts, folder, demo, databaseUrl, onError }
}

function workerSettings({ concurrency }: Config) {
  return { concurrency, pollMs: POLL_MS, now: () => new Date(), random: Math.random }
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
