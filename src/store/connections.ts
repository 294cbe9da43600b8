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

/** How connections of the API's queries are opened. */
export const apiConnections = { application_name: 'postrider', options: optionsOf(settings), ...common() }

export function openPipelinePool(databaseUrl: string, size: number): pg.Pool {
  return new pg.Pool({
    connectionString: databaseUrl,
    max: size,
    application_name: 'postrider pipeline',
    options: optionsOf(pipelineSettings),
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
