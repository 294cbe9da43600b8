import type { ReadyConnector } from '../connector/registry.ts'
import type { Store } from '../store/store.ts'
import { writeConnectorWarning } from './connector-warning-sql.ts'
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
