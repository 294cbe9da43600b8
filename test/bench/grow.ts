import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { createBackend } from '../support/postrider.ts'
import { growQueries } from './grow-queries.ts'
import { grow } from './grow-seed.ts'
import type { Ledger } from './ledger.ts'
import { percentile } from './pace.ts'
import { startBenchPostgres } from './postgres.ts'
import { type BenchServer, startServer } from './server.ts'

// npm run bench -- --grow [--rows N]: fills a database of its own with 30 days of attempts, the same in each run, and times
// the listings and charts through the API. What is over LIMIT_MS at p95 is marked.

const LIMIT_MS = 50
const SAMPLES = 200
/** A query that is far too slow is told so by fewer samples. */
const MAX_MS_A_QUERY = 20_000

export async function benchGrowth(ledger: Ledger, rows: number): Promise<void> {
  const postgres = await ledger.keep(startBenchPostgres)
  const server = await ledger.keep(() => startServer(postgres))
  const databaseUrl = server.database.url
  const backend = await createBackend(server.operator)
  const client = new pg.Client(databaseUrl)
  await client.connect()
  // Counted afterwards, so that what it costs can be told from the seeding.
  await client.query('begin; select 1 from attempt_stats_position for update')
  const seedingMs = performance.now()
  const grown = await grow(backend, databaseUrl, rows)
  console.log(`${grown.attempts} attempts seeded in ${Math.round((performance.now() - seedingMs) / 1_000)} s`)
  console.log(await rollUp(server, client, grown.attempts))
  const { rows: spans } = await client.query(
    `select max(feed_epoch)::text as epoch, min(feed_xid::text::bigint)::text as first, max(feed_xid::text::bigint)::text as last
     from delivery_attempt`,
  )
  // What autovacuum would have done over 30 days; not before, because the transaction above kept it from marking anything.
  await client.query('vacuum analyze')
  await client.query('checkpoint')
  const span = { epoch: Number(spans[0].epoch), firstXid: BigInt(spans[0].first), lastXid: BigInt(spans[0].last) }
  const table: Record<string, object> = {}
  for (const { what, send } of growQueries(grown, span)) {
    const times: number[] = []
    const startedAt = performance.now()
    while (times.length < SAMPLES && performance.now() - startedAt < MAX_MS_A_QUERY) times.push(await send())
    const sorted = times.toSorted((a, b) => a - b)
    const [p50, p95] = [0.5, 0.95].map((share) => percentile(sorted, share))
    const row = { calls: times.length, p50: p50!.toFixed(1), p95: p95!.toFixed(1), max: sorted.at(-1)!.toFixed(1) }
    table[what] = { ...row, ...(p95! > LIMIT_MS && { over: `> ${LIMIT_MS} ms` }) }
    process.stderr.write(`${what}: ${row.p50} / ${row.p95} / ${row.max} ms\n`)
  }
  await client.end()
  console.log(`\n${cpus().length} x ${cpus()[0]?.model}, node ${process.version}; milliseconds`)
  console.table(table)
}

/** Lets the server count what was seeded, and says how fast it was. */
async function rollUp(server: BenchServer, client: pg.Client, attempts: number): Promise<string> {
  const before = await server.cpu()
  const startedAt = performance.now()
  await client.query('commit')
  for (;;) {
    const { rows } = await client.query("select sum(attempts)::int as count from attempt_stats where bucket = 'DAY'")
    // Each attempt counts for its application, its organization and its destination.
    if (rows[0].count >= attempts * 3) break
    await pause(500)
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const after = await server.cpu()
  const cpuUs = (after.nodeUs + after.postgresUs - before.nodeUs - before.postgresUs) / attempts
  return `rolled up at ${Math.round(attempts / seconds)} attempts/s, ${cpuUs.toFixed(1)} us of CPU each`
}
