import pg from 'pg'
import { dataOf } from './api.ts'
import { createCustomers } from './customers.ts'
import { percentile } from './pace.ts'
import { measureLatencies, type SteadyTraffic } from './publish-to-receiver.ts'
import type { BenchParts, Row } from './row.ts'
import type { BenchServer } from './server.ts'

const PER_SECOND = 200

/** From just before the mutation to the receiver, at a rate that leaves the machine time; in one process, then in two. */
export async function measureLatency(parts: BenchParts): Promise<Row[]> {
  const rows: Row[] = []
  {
    await using server = await parts.startServer()
    rows.push(await latencyRow(parts, server, { where: 'one process', atLeast: 'under 10 / - / 40 ms' }))
  }
  if (parts.isQuick) return rows
  await using server = await parts.startServer({ role: 'api' })
  await server.addWorker()
  rows.push(
    await latencyRow(parts, server, { where: 'API and worker in two processes', atLeast: 'under 20 / - / 60 ms' }),
  )
  return rows
}

/** The same by postrider.publish(), each in a transaction of its own on one of a product's connections. */
export async function measureSqlPublish(parts: BenchParts): Promise<Row[]> {
  await using server = await parts.startServer()
  const pool = new pg.Pool({ connectionString: server.database.url, max: 8 })
  try {
    const bySql = (application: string) => (organizationId: string, sentAtUs: number) =>
      pool.query('select postrider.publish($1, $2, $3, $4)', [application, organizationId, 'a', dataOf(sentAtUs)])
    return [await latencyRow(parts, server, { where: 'by SQL, one process', atLeast: 'under 100 ms', bySql })]
  } finally {
    await pool.end()
  }
}

interface Latency {
  readonly where: string
  readonly atLeast: string
  readonly bySql?: (application: string) => SteadyTraffic['publish']
}

async function latencyRow(
  { receiver, isQuick }: BenchParts,
  server: BenchServer,
  { where, atLeast, bySql }: Latency,
): Promise<Row> {
  await using customers = await createCustomers(server, { count: 8, url: () => `${receiver.origin}/timed` })
  const publish = bySql?.(customers.backend.applicationId)
  const traffic = { customers, receiver, perSecond: PER_SECOND, ...(publish && { publish }) }
  await measureLatencies({ ...traffic, seconds: isQuick ? 1 : 5 })
  const latenciesMs = await measureLatencies({ ...traffic, seconds: isQuick ? 2 : 15 })
  const p50Ms = percentile(latenciesMs, 0.5)
  const p95Ms = percentile(latenciesMs, 0.95)
  const p99Ms = percentile(latenciesMs, 0.99)
  return {
    what: `publish to receiver at ${PER_SECOND} events/s, ${where}: p50 / p95 / p99`,
    figure: `${[p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(1)).join(' / ')} ms`,
    numbers: { p50Ms, p95Ms, p99Ms },
    atLeast,
  }
}
