import { createCustomers } from './customers.ts'
import { percentile } from './pace.ts'
import { measureLatencies } from './publish-to-receiver.ts'
import type { BenchParts, Row } from './row.ts'
import type { BenchServer } from './server.ts'

const CUSTOMERS = 100
const PER_SECOND = 200
/** Every tenth hangs. */
const isHealthy = (customer: number) => customer % 10 !== 9

/** What the others notice of ten destinations that let every request run into its timeout of 30 s. */
export async function measureHanging(parts: BenchParts): Promise<Row[]> {
  const { isQuick } = parts
  await using server = await parts.startServer()
  await p99OfHealthy(parts, server, { hang: false, seconds: isQuick ? 1 : 5 })
  const calmMs = await p99OfHealthy(parts, server, { hang: false, seconds: isQuick ? 1 : 20 })
  // Longer than a timeout, so that both the requests that pile up and what follows from their timeouts are in it.
  const seconds = isQuick ? 3 : 40
  const hangingMs = await p99OfHealthy(parts, server, { hang: true, seconds })
  const ratio = hangingMs / calmMs
  return [
    {
      what: `p99 of 90 destinations while 10 of 100 hang for 30 s each, ${PER_SECOND} events/s in all, for ${seconds} s`,
      figure: `${hangingMs.toFixed(1)} ms, ${ratio.toFixed(2)} x the ${calmMs.toFixed(1)} ms with none hanging`,
      numbers: { hangingMs, calmMs, ratio, seconds },
      atLeast: 'under 2 x',
    },
  ]
}

/** With customers of their own, so that nothing is known of a destination that hangs before the first event. */
async function p99OfHealthy(
  { receiver }: BenchParts,
  server: BenchServer,
  { hang, seconds }: { hang: boolean; seconds: number },
): Promise<number> {
  await using customers = await createCustomers(server, {
    count: CUSTOMERS,
    url: (n) => `${receiver.origin}/${isHealthy(n) ? 'timed' : hang ? 'hang' : 'hook'}`,
    profile: { timeoutMs: 30_000 },
  })
  const traffic = { customers, receiver, perSecond: PER_SECOND, seconds, isTimed: isHealthy }
  return percentile(await measureLatencies(traffic), 0.99)
}
