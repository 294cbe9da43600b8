import type { Logger } from 'pino'
import { createBudgets } from '../api/budgets/budgets.ts'
import type { ApiParts } from '../api/context.ts'
import { createPortalSessions } from '../api/portal-session.ts'
import type { ConnectorRegistry } from '../connector/registry.ts'
import { createConnectorWarnings } from '../deliver/connector-warnings.ts'
import { openDeliveryWatch } from '../deliver/delivery-watch.ts'
import { createDestinationHosts } from '../deliver/destination-host.ts'
import { startRecoveries } from '../deliver/run-recoveries.ts'
import { startWorker, type Worker } from '../deliver/worker.ts'
import { startConnectorJobs } from '../destinations/connector-jobs.ts'
import { createEvaluator } from '../evaluate/evaluator.ts'
import { startCounting } from '../feed/count-attempts.ts'
import { openFeed } from '../feed/feed.ts'
import { startMaintenance } from '../maintenance/maintenance.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { createOutboundOf } from '../outbound/outbound-of.ts'
import { createResolve } from '../outbound/resolve.ts'
import { isolateConnectors } from '../outbound/thread/isolate-connectors.ts'
import { startOutbox } from '../publish/outbox.ts'
import { createPublish } from '../publish/publish.ts'
import { openQueue } from '../queue/jobs.ts'
import type { ConnectionLimits } from '../server/connection-limits.ts'
import { whileMigrating } from '../store/migrate.ts'
import { createSecretBox } from '../store/secret-box.ts'
import { isUnavailable } from '../store/sql.ts'
import { openStore, type Store } from '../store/store.ts'
import { isReadOnly } from '../store/write-health.ts'
import type { Config } from './config.ts'
import type { DataFolder, DemoFile } from './data-folder.ts'
import { prepareDemo } from './demo.ts'

/** Sizes and pauses of background work. The defaults suit every deployment; tests take smaller ones. */
export interface Tuning {
  /** Maximum deliveries that a recovery takes in one transaction. Default 500. */
  readonly recoverySlice?: number
  /** Maximum milliseconds between two countings of attempts for the stats. Default 5,000. */
  readonly countingMaxWaitMs?: number
  /** What a connection may take; see ConnectionLimits for the defaults. */
  readonly connections?: Partial<ConnectionLimits>
}

export interface OpenOptions {
  readonly config: Config
  readonly role: 'all' | 'api' | 'worker'
  readonly log: Logger
  readonly connectors: ConnectorRegistry
  readonly folder: DataFolder
  readonly databaseUrl: string
  /** Of the server. */
  readonly port: number
  /** Base of the links that are handed out. */
  readonly publicUrl: string
  /** See StartOptions. */
  readonly wrapOutbound: ((outbound: Outbound) => Outbound) | undefined
  readonly tuning: Tuning | undefined
}

/** What stands on the database. Disposing it finishes or hands back what is in flight, and closes everything. */
export interface OpenedParts extends ApiParts, AsyncDisposable {
  readonly demo: DemoFile | undefined
  stopClaiming(): void
  /** Why events cannot be taken and delivered now, in fixed words; undefined while they can. At most a second old. */
  whyNotReady(): Promise<string | undefined>
}

const POLL_MS = 1_000

/** How long one look at the database answers all who ask whether we are ready: strangers may, as often as they like. */
const READINESS_LASTS_MS = 1_000

/** Builds the parts of a role, from the database outwards. */
export async function openParts({
  config,
  role,
  log,
  connectors,
  folder,
  databaseUrl,
  port,
  publicUrl,
  wrapOutbound = (outbound) => outbound,
  tuning = {},
}: OpenOptions): Promise<OpenedParts> {
  await using opening = new AsyncDisposableStack()
  const onError = (error: unknown) => log.error(error)
  const secrets = createSecretBox(folder.secretKeys)
  const pools = {
    readPoolSize: config.readPool,
    poolSize: config.databasePool,
    statementTimeoutMs: config.statementTimeoutSeconds * 1_000,
    pipelinePoolSize: config.pipelinePool,
    prepare: config.preparedStatements,
  }
  const store = opening.use(await openStore({ databaseUrl, ...pools, secrets, onError }))
  const queueOptions = { sql: store.sql, supervise: role !== 'api', onError }
  // pg-boss makes its tables, and does not bear two that do.
  opening.use(await whileMigrating(databaseUrl, () => openQueue(queueOptions)))
  const evaluator = opening.use(createEvaluator(evaluatorSettings(config)))
  const demo = config.databaseUrl ? undefined : await prepareDemo(store, evaluator, folder)
  opening.use(startMaintenance({ store, retentionDays: config.retentionDays, onError }))
  const { outboundProxy: proxy } = config
  const resolve = createResolve()
  const isolated = opening.use(isolateConnectors(connectors, { proxy, resolve, onError }))
  const hosts = opening.use(createDestinationHosts(store, onError))
  const { outboundOf } = opening.use(
    createOutboundOf({
      allow: config.outboundAllow,
      proxy,
      resolve,
      loopbackFor: config.opensLoopbackToDemo ? demo?.applicationId : undefined,
      listen: config.opensOwnListen ? { host: config.host, port } : undefined,
      wrap: wrapOutbound,
    }),
  )
  const parts: ApiParts = {
    store,
    connectors: isolated.connectors,
    evaluator,
    outboundOf,
    feed: opening.use(openFeed({ store, onError })),
    watch: opening.use(openDeliveryWatch({ store, onError })),
    publish: createPublish(store, evaluator),
    sessions: createPortalSessions(folder.secretKeys),
    budgets: createBudgets(config.limits, () => performance.now()),
    maxDestinations: config.limits.DESTINATIONS,
    publicUrl,
  }
  const onWarning = (connector: string, message: string) =>
    log.warn({ connector, warning: message }, 'connector is slow')
  const onSlow = createConnectorWarnings({ store, onWarning, onError })
  const attempts = { ...parts, hosts, onSlow, onError }
  const worker = role === 'api' ? undefined : opening.use(startWorker({ ...attempts, ...workerSettings(config) }))
  if (role !== 'api') {
    opening.use(startCounting({ store, maxWaitMs: tuning.countingMaxWaitMs, onError }))
    opening.use(startRecoveries({ store, slice: tuning.recoverySlice, onError }))
    opening.use(startOutbox({ store, evaluator, onError }))
    opening.use(startConnectorJobs(attempts))
  }
  const opened = opening.move()
  return {
    ...parts,
    demo,
    stopClaiming: () => worker?.stopClaiming(),
    whyNotReady: shareAnswers(() => whyNotReady({ store, worker, onError }), READINESS_LASTS_MS),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

function evaluatorSettings({ evaluationProcesses, limits }: Config) {
  const { DESTINATION_CPU_MS: destinationCpuMs, ORGANIZATION_CPU_MS: organizationCpuMs } = limits
  return { count: evaluationProcesses, destinationCpuMs, organizationCpuMs }
}

function workerSettings({ concurrency, destinationConcurrency }: Config) {
  return { concurrency, destinationConcurrency, pollMs: POLL_MS, now: () => new Date(), random: Math.random }
}

interface Checked {
  readonly store: Store
  readonly worker: Worker | undefined
  readonly onError: (error: unknown) => void
}

async function whyNotReady({ store, worker, onError }: Checked): Promise<string | undefined> {
  try {
    if ((await isReadOnly(store.sql)) || store.writes.failure === 'read-only') return 'The database is read-only'
  } catch (error) {
    onError(error)
    return isUnavailable(error) ? 'The database cannot be reached' : 'The database cannot be used'
  }
  if (store.writes.failure === 'full') return "The database's disk is full"
  return worker && !worker.isClaiming ? 'The worker cannot claim deliveries' : undefined
}

/** All who ask while an answer is under way, and for a time after it came, get that answer. */
function shareAnswers<T>(ask: () => Promise<T>, lastsMs: number): () => Promise<T> {
  let latest: Promise<T> | undefined
  let validUntilMs = Number.POSITIVE_INFINITY
  return () => {
    if (latest && performance.now() < validUntilMs) return latest
    validUntilMs = Number.POSITIVE_INFINITY
    latest = ask().finally(() => {
      validUntilMs = performance.now() + lastsMs
    })
    return latest
  }
}
