import { publishOne } from './api.ts'
import type { Customers } from './customers.ts'
import { atRate } from './pace.ts'
import type { BenchReceiver } from './receiver.ts'
import { until } from './until.ts'

export interface SteadyTraffic {
  readonly customers: Customers
  readonly receiver: BenchReceiver
  readonly perSecond: number
  readonly seconds: number
  /** Whether the n-th customer's events are timed by the receiver. Default: all are. */
  readonly isTimed?: (customer: number) => boolean
  /** How it publishes. Default: by the mutation. */
  readonly publish?: (organizationId: string, sentAtUs: number) => Promise<unknown>
}

/** After the last mutation. What has not come by then is lost, or as good as lost. */
const STRAGGLER_MS = 120_000

/**
 * Publishes at an even rate, the customers taking turns, and waits until every timed event was received. Milliseconds from
 * just before each publish; one that waits for a connection waits within its time.
 */
export async function measureLatencies(traffic: SteadyTraffic): Promise<number[]> {
  const { customers, receiver, perSecond, seconds, isTimed = () => true } = traffic
  const { api, organizationIds } = customers
  const count = perSecond * seconds
  const customerOf = (n: number) => n % organizationIds.length
  const timed = Array.from({ length: count }, (_, n) => customerOf(n)).filter(isTimed).length
  // What an earlier run left.
  await receiver.look()
  const { publish = (id, sentAtUs) => api.send(publishOne(id, sentAtUs)) } = traffic
  await atRate(perSecond, count, async (n) => void (await publish(organizationIds[customerOf(n)]!, nowUs())))
  const latenciesMs: number[] = []
  const hasAll = async () => {
    const { latenciesUs } = await receiver.look()
    for (const us of latenciesUs) latenciesMs.push(us / 1_000)
    return latenciesMs.length >= timed
  }
  await until(`${timed} timed events reach the receiver`, hasAll, { deadlineMs: STRAGGLER_MS })
  return latenciesMs
}

/** By the monotonic clock, which is the same in all processes of a machine. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}
