import { createCustomers } from './customers.ts'
import { deliverBatches } from './deliver-batches.ts'
import { type BenchParts, type Row, rateRow } from './row.ts'

/** Sustained throughput, and what the server's memory has grown to by then. */
export async function measureBatched(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  await using server = await parts.startServer()
  await using customers = await createCustomers(server, { count: 8, url: () => `${receiver.origin}/hook` })
  const traffic = { server, customers, receiver }
  // As warm as the bare loop is, and with log files that Postgres uses again: a new one has to be written twice.
  await deliverBatches(traffic, isQuick ? 2_000 : 40_000)
  await server.database.query('checkpoint')
  const delivered = await deliverBatches(traffic, isQuick ? 8_000 : 60_000)
  const peakBytes = await server.peakMemoryBytes()
  return [
    rateRow(parts, {
      what: 'published in batches of 100 by 8 callers for 8 customers, until every attempt is committed',
      ...delivered,
      atLeast: '0.13 of bare (aim: 0.18), under 220 us (aim: 160)',
    }),
    {
      what: 'peak resident memory of the server by then',
      figure: peakBytes ? `${(peakBytes / 1_048_576).toFixed(0)} MB` : 'only Linux tells',
      numbers: { peakBytes },
      atLeast: 'under 400 MB',
    },
  ]
}
