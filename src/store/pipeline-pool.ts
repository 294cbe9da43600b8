import pg from 'pg'

/**
 * Connections whose statements are all look-ups by key, and whose planner is told so. Statistics of tables that fill and
 * empty within seconds are always wrong: a claim that believed the queue to be empty read and sorted all 30,000 jobs of
 * it, each time (6 ms; 0.7 ms along the index). What is switched off is used all the same where there is no other way.
 */
const settings = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_mergejoin: 'off',
  enable_sort: 'off',
  jit: 'off',
  // A transaction left open holds back the feed of the whole cluster: end it.
  idle_in_transaction_session_timeout: '10000',
}

export function openPipelinePool(databaseUrl: string, size: number): pg.Pool {
  return new pg.Pool({
    connectionString: databaseUrl,
    max: size,
    application_name: 'postrider pipeline',
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  })
}
