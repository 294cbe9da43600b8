import type { ReadyConnector } from '../connector/registry.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { MAX_BUILD_MS, type OnSlow } from './prepare-request.ts'

export interface WarningsOptions {
  readonly store: Store
  /** Told of each warning that is written. */
  readonly onWarning: (connector: string, message: string) => void
  readonly onError: (error: unknown) => void
}

const EVERY_MS = 60_000

/** Warns of connectors that are slow, in the log and in the API, once a minute at most. */
export function createConnectorWarnings({ store, onWarning, onError }: WarningsOptions): OnSlow {
  const warnedAtMs = new Map<ReadyConnector, number>()
  return (connector, durationMs) => {
    const nowMs = performance.now()
    if (nowMs - (warnedAtMs.get(connector) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return
    warnedAtMs.set(connector, nowMs)
    const { key, version } = connector.definition
    const message = `buildRequest took ${Math.round(durationMs)} ms, in which nothing else was delivered; ${MAX_BUILD_MS} ms are the most`
    onWarning(key, message)
    writeConnectorWarning(store.sql, { connector: key, version, kind: 'SLOW', message }).catch(onError)
  }
}

const connectorWarningKinds = ['SLOW'] as const

interface ConnectorWarning {
  readonly connector: string
  readonly version: string
  readonly kind: (typeof connectorWarningKinds)[number]
  readonly message: string
}

/** Of each kind the newest is kept. */
async function writeConnectorWarning(sql: Sql, warning: ConnectorWarning): Promise<void> {
  const { connector, version, kind, message } = warning
  await sql(
    `insert into connector_warning (connector, version, kind, message) values ($1, $2, $3, $4)
     on conflict (connector, version, kind) do update set message = excluded.message, warned_at = now()`,
    [connector, version, kind, message],
  )
}

export interface FoundWarning extends ConnectorWarning {
  readonly warnedAt: Date
}

/** Those of the last week. */
export async function findConnectorWarnings(sql: Sql): Promise<FoundWarning[]> {
  return sql(
    `select connector, version, kind, message, warned_at as "warnedAt" from connector_warning
     where warned_at > now() - interval '7 days' order by connector, kind`,
  )
}
