import pg from 'pg'

/**
 * What every connection is told. What is read from a large table has an index, and what is read in order has one in that
 * order; a plan that scans or sorts instead goes by statistics that are old or mislead. Of `(epoch, xid, id) > (…)` they look
 * at the epoch alone, expect nothing, and sort all attempts after a cursor to return the first. What is switched off is
 * used all the same where there is no other way.
 */
const settings = {
  enable_seqscan: 'off',
  enable_sort: 'off',
  // Compiling takes longer than any of our statements runs, and disabled plans cost enough to ask for it.
  jit: 'off',
  // A transaction left open holds back the feed of the whole cluster: end it.
  idle_in_transaction_session_timeout: '10000',
}

/**
 * The pipeline's statements are look-ups by key, in tables that fill and empty within seconds: a claim that believed the
 * queue to be empty read and sorted all 30,000 jobs of it, each time (7.5 ms; 1.4 ms along the index).
 */
const pipelineSettings = { ...settings, enable_bitmapscan: 'off', enable_mergejoin: 'off' }

/** How connections for what API calls change are opened. A statement that lasts longer is cancelled. */
export function changeConnections(statementTimeoutMs: number) {
  return apiConnections('postrider', statementTimeoutMs)
}

/** How connections for what API calls read are opened. A statement that lasts longer is cancelled. */
export function readConnections(statementTimeoutMs: number) {
  return apiConnections('postrider reads', statementTimeoutMs)
}

function apiConnections(name: string, statementTimeoutMs: number) {
  const limited = { ...settings, statement_timeout: String(statementTimeoutMs) }
  return { application_name: name, options: optionsOf(limited), ...common() }
}

export function openPipelinePool(databaseUrl: string, size: number): pg.Pool {
  return openPool(databaseUrl, { size, name: 'postrider pipeline', values: pipelineSettings })
}

/** Look-ups of keys and sessions come one after the other: one connection for each. */
const KEY_CONNECTIONS = 2

export function openKeyPool(databaseUrl: string): pg.Pool {
  return openPool(databaseUrl, { size: KEY_CONNECTIONS, name: 'postrider keys', values: settings })
}

function openPool(
  databaseUrl: string,
  { size, name, values }: { size: number; name: string; values: Readonly<Record<string, string>> },
): pg.Pool {
  return new pg.Pool({
    connectionString: databaseUrl,
    max: size,
    application_name: name,
    options: optionsOf(values),
    ...common(),
  })
}

/** How long the user of a connection that died has to give it back, before we do. */
const GIVE_BACK_MS = 1_000

/**
 * Keeps the pool whole when connections die. The pool hears errors of idle connections only: one that dies in use, between
 * two statements, would end the process. And MikroORM keeps a connection whose rollback fails: the pool would be one
 * connection smaller for good.
 */
export function survive(pool: pg.Pool, onIdleError: (error: unknown) => void): void {
  const inUse = new Set<pg.PoolClient>()
  pool.on('error', onIdleError)
  pool.on('acquire', (client) => inUse.add(client))
  pool.on('release', (_error, client) => inUse.delete(client))
  pool.on('connect', (client) => {
    client.once('error', () => setTimeout(() => inUse.has(client) && client.release(true), GIVE_BACK_MS))
    client.on('error', () => undefined)
  })
}

function common() {
  return { keepAlive: true, connectionTimeoutMillis: 5_000 }
}

function optionsOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
}
