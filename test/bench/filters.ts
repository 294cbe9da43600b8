import { createCustomers } from './customers.ts'
import { type Delivered, deliverBatches, meanOf } from './deliver-batches.ts'
import { type BenchParts, type Row, rateRow } from './row.ts'

const DESTINATIONS = 100
const ROUNDS = 3

/** Filters that let everything pass: what everybody writes, and one that another process has to evaluate. */
const filters: readonly [what: string, filter: string, atLeast: string | undefined][] = [
  ['a filter', 'event.type == "a" && event.data.id == "x"', '0.85'],
  [
    'a filter that walks over a list, in another process,',
    '[1, 2, 3].exists(n, n > 2 && event.data.id == "x")',
    undefined,
  ],
]

/** Deliveries with a filter on each of 100 destinations, beside those without, in turns on one server. */
export async function measureFilters(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const count = isQuick ? 2_000 : 20_000
  await using server = await parts.startServer()
  const url = () => `${receiver.origin}/hook`
  await using plain = await createCustomers(server, { count: DESTINATIONS, url })
  await deliverBatches({ server, receiver, customers: plain }, count)
  const rows: Row[] = []
  for (const [what, filter, atLeast] of filters) {
    await using filtered = await createCustomers(server, { count: DESTINATIONS, url, filter })
    const [without, withFilter]: Delivered[][] = [[], []]
    await deliverBatches({ server, receiver, customers: filtered }, count / 5)
    for (let round = 0; round < ROUNDS; round += 1) {
      without!.push(await deliverBatches({ server, receiver, customers: plain }, count))
      withFilter!.push(await deliverBatches({ server, receiver, customers: filtered }, count))
    }
    const [base, delivered] = [meanOf(without!), meanOf(withFilter!)]
    const ratio = delivered.perSecond / base.perSecond
    rows.push(
      rateRow(parts, {
        what: `${what} on each of ${DESTINATIONS} destinations`,
        ...delivered,
        beside: `${ratio.toFixed(2)} of the ${base.perSecond.toFixed(0)}/s without, in turns`,
        numbers: { ratio, without: base.perSecond },
        ...(atLeast && { atLeast: `${atLeast} of without` }),
      }),
    )
  }
  return rows
}
