import { publishMany } from './api.ts'
import type { Customers } from './customers.ts'
import { inParallel } from './pace.ts'
import type { BenchReceiver } from './receiver.ts'
import type { BenchServer, CpuUs } from './server.ts'
import { until } from './until.ts'

/** Who publishes where. */
export interface Traffic {
  readonly server: BenchServer
  readonly customers: Customers
  readonly receiver: BenchReceiver
}

export interface Delivered {
  readonly perSecond: number
  /** CPU time per delivery, microseconds. */
  readonly cpu: CpuUs
}

/** Of runs of the same count. */
export function meanOf(runs: readonly Delivered[]): Delivered {
  const mean = (pick: (run: Delivered) => number) => runs.reduce((sum, run) => sum + pick(run), 0) / runs.length
  return {
    perSecond: 1 / mean((run) => 1 / run.perSecond),
    cpu: { nodeUs: mean((run) => run.cpu.nodeUs), postgresUs: mean((run) => run.cpu.postgresUs) },
  }
}

const BATCH = 100
const CALLERS = 8
/** A product that is slower than this is broken. */
const LEAST_PER_SECOND = 100

/**
 * Publishes `count` events, in batches of 100 from 8 callers, the customers taking turns; the end is when the last
 * attempt is committed.
 */
export async function deliverBatches(traffic: Traffic, count: number): Promise<Delivered> {
  const { api, organizationIds } = traffic.customers
  const bodies = new Map<number, string>()
  const bodyFrom = (first: number) => {
    const turn = Array.from({ length: BATCH }, (_, n) => organizationIds[(first + n) % organizationIds.length]!)
    if (!bodies.has(first)) bodies.set(first, publishMany(turn))
    return bodies.get(first)!
  }
  // Made before the clock runs.
  const sent = Array.from({ length: count / BATCH }, (_, n) => bodyFrom((n * BATCH) % organizationIds.length))
  return measureDelivery(traffic, count, () => inParallel(CALLERS, sent.length, (n) => api.send(sent[n]!)))
}

/** Publishes by `publish`; the end is when `count` more attempts of the application are committed. */
export async function measureDelivery(
  { server, customers, receiver }: Traffic,
  count: number,
  publish: () => Promise<void>,
): Promise<Delivered> {
  const receivedBefore = (await receiver.look()).count
  const committedBefore = await countCommitted(server, customers)
  const cpuBefore = await server.cpu()
  const startedAt = performance.now()
  const deadline = { deadlineMs: 30_000 + (count / LEAST_PER_SECOND) * 1_000 }
  await publish()
  // Counting rows costs Postgres something, asking the receiver nothing; and nothing is committed that was not received.
  const hasAll = async () => (await receiver.look()).count >= receivedBefore + count
  await until(`${count} deliveries reach the receiver`, hasAll, deadline)
  const isCommitted = async () => (await countCommitted(server, customers)) >= committedBefore + count
  await until(`${count} attempts are committed`, isCommitted, deadline)
  const seconds = (performance.now() - startedAt) / 1_000
  const cpuAfter = await server.cpu()
  return {
    perSecond: count / seconds,
    cpu: {
      nodeUs: (cpuAfter.nodeUs - cpuBefore.nodeUs) / count,
      postgresUs: (cpuAfter.postgresUs - cpuBefore.postgresUs) / count,
    },
  }
}

async function countCommitted(server: BenchServer, { applicationUuid }: Customers): Promise<number> {
  const [row] = await server.database.query<{ count: string }>(
    "select count(*) from delivery_attempt where application_id = $1 and outcome = 'SUCCESS'",
    [applicationUuid],
  )
  return Number(row!.count)
}
