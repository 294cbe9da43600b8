import { openSession } from '../support/customer.ts'
import { floods } from '../support/floods.ts'
import { startChild } from './child.ts'
import { type Customers, createCustomers } from './customers.ts'
import type { StartFlood } from './flood-process.ts'
import { inParallel, percentile } from './pace.ts'
import { measureLatencies } from './publish-to-receiver.ts'
import type { BenchParts, Row } from './row.ts'

const PER_SECOND = 50

/** How often the flood was answered with which code. */
type Counts = readonly (readonly [code: string, count: number])[]

/** What another application notices of one customer's portal session that takes all it is given. */
export async function measureFloods(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  await using server = await parts.startServer()
  await using attacker = await createCustomers(server, { count: 1, url: () => `${receiver.origin}/hook` })
  await using victim = await createCustomers(server, { count: 8, url: () => `${receiver.origin}/timed` })
  const flooded = await prepareAttacker(attacker, isQuick ? 500 : 5_000)
  const measure = async (seconds: number) =>
    percentile(
      await measureLatencies({ customers: victim, receiver, perSecond: PER_SECOND, seconds, isTimed: () => true }),
      0.99,
    )
  await measure(isQuick ? 1 : 5)
  const rows: Row[] = []
  for (const name of Object.keys(floods)) {
    // The server's code is compiled by then, that for the flood too.
    await whileFlooded({ ...flooded, name }, () => measure(1))
    // Just before each, so that a machine that slows down meanwhile slows both.
    const aloneMs = await measure(isQuick ? 12 : 20)
    const [floodedMs, answers] = await whileFlooded({ ...flooded, name }, () => measure(isQuick ? 10 : 30))
    rows.push(rowOf(name, { aloneMs, floodedMs, answers }))
  }
  return rows
}

async function whileFlooded(flood: StartFlood, measure: () => Promise<number>): Promise<[p99Ms: number, Counts]> {
  const { child } = await startChild('flood-process.ts')
  await using flooding = child
  await flooding.ask(flood)
  return [await measure(), await flooding.ask<Counts>({})]
}

function rowOf(
  name: string,
  { aloneMs, floodedMs, answers }: { aloneMs: number; floodedMs: number; answers: Counts },
): Row {
  const ratio = floodedMs / aloneMs
  const answered = answers.map(([code, count]) => `${code} ${count}`).join(', ')
  return {
    what: `p99 from publish to receiver at ${PER_SECOND} events/s of one application while a customer of another floods: ${name}`,
    figure: `${floodedMs.toFixed(1)} ms, ${ratio.toFixed(2)} x the ${aloneMs.toFixed(1)} ms without (answered: ${answered})`,
    numbers: { floodedMs, aloneMs, ratio },
    atLeast: 'under 2 x',
  }
}

/** A session of a customer that has this number of attempts, a hundred of them of large events. */
async function prepareAttacker(
  { backend, organizationIds, destinationIds }: Customers,
  attempts: number,
): Promise<Omit<StartFlood, 'name'>> {
  const organizationId = organizationIds[0]!
  await inParallel(16, attempts, async (n) => {
    const data = { x: 'y'.repeat(n % (attempts / 100) === 0 ? 200_000 : 100) }
    await backend.publish({ organizationId, type: 'a', data })
  })
  const session = await openSession(backend, organizationId)
  return { session, destinationId: destinationIds[0]!, eventType: 'a' }
}
