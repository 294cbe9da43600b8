import { createCustomers } from './customers.ts'
import { deliverBatches } from './deliver-batches.ts'
import { type BenchParts, type Row, rateRow } from './row.ts'

/** Receivers that take 100 ms keep the workers waiting, not the processors: then a second worker must bring its share. */
export async function measureTwoWorkers(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const count = isQuick ? 1_000 : 15_000
  await using server = await parts.startServer({ role: 'api' })
  await using customers = await createCustomers(server, { count: 4, url: () => `${receiver.origin}/slow` })
  const traffic = { server, customers, receiver }
  await server.addWorker()
  await deliverBatches(traffic, count / 5)
  const one = await deliverBatches(traffic, count)
  await server.addWorker()
  await deliverBatches(traffic, count / 5)
  const two = await deliverBatches(traffic, count)
  const ratio = two.perSecond / one.perSecond
  const what = 'receivers that take 100 ms, 4 destinations, an API process and'
  return [
    rateRow(parts, { what: `${what} one worker`, ...one }),
    rateRow(parts, {
      what: `${what} two workers`,
      ...two,
      beside: `${ratio.toFixed(2)} x one`,
      numbers: { ratio },
    }),
  ]
}
