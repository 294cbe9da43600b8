import { emptyQuery, publishOne } from './api.ts'
import { createCustomers } from './customers.ts'
import { measureDelivery } from './deliver-batches.ts'
import { inParallel, rateOf } from './pace.ts'
import { type BenchParts, type Row, rateRow } from './row.ts'

const CONNECTIONS = 64

/** One event a mutation, answered once it is stored, while the same process delivers; beside a query that does nothing. */
export async function measureSingle(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const count = isQuick ? 2_000 : 15_000
  await using server = await parts.startServer()
  await using customers = await createCustomers(server, { count: 8, url: () => `${receiver.origin}/hook` })
  const traffic = { server, customers, receiver }
  const { api, organizationIds } = customers
  const query = emptyQuery()
  const bodies = organizationIds.map((id) => publishOne(id))
  const ask = (calls: number) => inParallel(CONNECTIONS, calls, () => api.send(query))
  const publish = (calls: number) => inParallel(CONNECTIONS, calls, (n) => api.send(bodies[n % bodies.length]!))

  await ask(count / 2)
  const emptyPerSecond = await rateOf(count, () => ask(count))
  await measureDelivery(traffic, count / 2, () => publish(count / 2))
  let perSecond = 0
  const { cpu } = await measureDelivery(traffic, count, async () => {
    perSecond = await rateOf(count, () => publish(count))
  })
  const toEmpty = perSecond / emptyPerSecond
  return [
    rateRow(parts, {
      what: `single eventPublish mutations on ${CONNECTIONS} connections, answered; delivered meanwhile`,
      perSecond,
      cpu,
      beside: `${toEmpty.toFixed(2)} of an empty query`,
      numbers: { toEmpty },
      atLeast: '2000/s, or 0.5 of an empty query',
    }),
    rateRow(parts, { what: `empty query on ${CONNECTIONS} connections`, perSecond: emptyPerSecond }),
  ]
}
