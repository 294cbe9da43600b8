import type { DestinationHost, Host } from '../connector/define-connector.ts'
import { type ConnectorRegistry, readyConnector } from '../connector/registry.ts'
import { openCredentials } from '../deliver/credentials.ts'
import { type DestinationHosts, hostOfDeleted } from '../deliver/destination-host.ts'
import { messageOf } from '../domain/message-of.ts'
import { recordText, secretTextsOf } from '../domain/redact.ts'
import { withHost } from '../outbound/host.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import { type ConnectorJob, claimConnectorJobs, finishConnectorJob, postponeConnectorJob } from './connector-job-sql.ts'

const AT_ONCE = 10
const TIMEOUT_MS = 30_000
const POLL_MS = 5_000
const FIRST_WAIT_S = 5
const LONGEST_WAIT_S = 3_600

export interface ConnectorJobsOptions {
  readonly store: Store
  readonly connectors: ConnectorRegistry
  readonly outbound: Outbound
  readonly hosts: DestinationHosts
  readonly onError: (error: unknown) => void
}

/** Has connectors set up what destinations need, and take it down, again and again until it has worked. */
export function startConnectorJobs(options: ConnectorJobsOptions): AsyncDisposable {
  const { store, onError } = options
  return startLoop({
    notifier: store.notifier,
    on: 'connector',
    onError,
    async work({ signal }) {
      const jobs = await claimConnectorJobs(store.sql, AT_ONCE)
      await Promise.all(jobs.map((job) => runJob({ ...options, cut: signal }, job).catch(onError)))
      return jobs.length === AT_ONCE ? 0 : POLL_MS
    },
  })
}

async function runJob(options: ConnectorJobsOptions & { cut: AbortSignal }, job: ConnectorJob): Promise<void> {
  const { store, connectors, cut, onError } = options
  const connector = readyConnector(connectors, job.connector)
  // One that is not there now may be tomorrow.
  if (!connector) return postpone(store, job, `The connector "${job.connector}" is not loaded`)
  const method = job.kind === 'CREATE' ? 'onCreate' : 'onDelete'
  let credentials: Record<string, unknown> = {}
  try {
    credentials = openCredentials(store.secrets, job)
    await connector.prepare?.()
    await callConnector(options, job, (host) =>
      connector.definition[method]?.(host, { config: job.config, credentials }),
    )
  } catch (error) {
    if (cut.aborted) return
    const reason = recordText(messageOf(error), secretTextsOf(credentials))
    onError(new Error(`${job.connector}: ${method} of a destination failed: ${reason}`))
    return postpone(store, job, reason)
  }
  await finishConnectorJob(store.sql, job)
}

async function callConnector(
  { outbound, hosts, cut }: ConnectorJobsOptions & { cut: AbortSignal },
  { id, kind, memos, httpsOnly }: ConnectorJob,
  call: (host: DestinationHost) => Promise<void> | undefined,
): Promise<void> {
  const limits = { poolKey: `job ${id}`, timeoutMs: TIMEOUT_MS, httpsOnly, cut }
  const hostOf = (plain: Host) =>
    kind === 'CREATE' ? hosts.of({ id, version: 0 }, plain) : hostOfDeleted(plain, memos)
  await withHost(outbound, limits, async (plain) => call(hostOf(plain)))
}

async function postpone(store: Store, job: ConnectorJob, error: string): Promise<void> {
  // What could not be taken down goes in the end, with the settings that it holds.
  if (job.isLast && job.kind === 'DELETE') return finishConnectorJob(store.sql, job)
  const afterS = job.isLast ? undefined : Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** Math.min(job.attempts - 1, 20))
  await postponeConnectorJob(store.sql, job, { error, afterS })
}
