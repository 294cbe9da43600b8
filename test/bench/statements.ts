import { type CountingProxy, startCountingProxy } from './counting-proxy.ts'
import { createCustomers } from './customers.ts'
import { deliverBatches } from './deliver-batches.ts'
import type { BenchParts, Row } from './row.ts'

/** What the product asks of Postgres for one delivery at saturation: publish, claim and settle, and all else meanwhile. */
export async function measureStatements(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const count = isQuick ? 3_000 : 30_000
  let proxy: CountingProxy | undefined
  await using stack = new AsyncDisposableStack()
  const databaseUrl = async (url: string) => {
    proxy = stack.use(await startCountingProxy(url))
    return proxy.url
  }
  await using server = await parts.startServer({ databaseUrl })
  await using customers = await createCustomers(server, { count: 8, url: () => `${receiver.origin}/hook` })
  const traffic = { server, customers, receiver }
  await deliverBatches(traffic, count / 5)
  const before = proxy!.statements
  await deliverBatches(traffic, count)
  const perDelivery = (proxy!.statements - before) / count
  return [
    {
      what: 'statements per delivery at saturation, batched, counted on the wire',
      figure: perDelivery.toFixed(3),
      numbers: { perDelivery },
      atLeast: 'under 0.12',
    },
  ]
}
