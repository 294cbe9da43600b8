import { DestinationRecoverDocument, RecoveryJobDocument } from '../../src/client/generated/documents.ts'
import { type Id, idToUuid } from '../../src/domain/id.ts'
import { dataOf } from './api.ts'
import { type Customers, createCustomers } from './customers.ts'
import { percentile } from './pace.ts'
import type { BenchDatabase } from './postgres.ts'
import { measureLatencies } from './publish-to-receiver.ts'
import type { BenchParts, Row } from './row.ts'
import { until } from './until.ts'

const CUSTOMERS = 9
const PER_SECOND = 200
/** Short transactions: a long one would hold the feed back. */
const CHUNK = 20_000
const DEADLINE_MS = 1_200_000
/** The last one's destination is back, and gets what it missed. */
const isLive = (customer: number) => customer < CUSTOMERS - 1

/** What others notice while a destination that was gone for an hour gets a million events again, and what that takes. */
export async function measureRecovery(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const missed = isQuick ? 2_000 : 1_000_000
  const seconds = isQuick ? 1 : 30
  await using server = await parts.startServer()
  const url = (n: number) => `${receiver.origin}/${isLive(n) ? 'timed' : 'hook'}`
  await using all = await createCustomers(server, { count: CUSTOMERS, url })
  const customers = { ...all, organizationIds: all.organizationIds.filter((_, n) => isLive(n)) }
  const traffic = { customers, receiver, perSecond: PER_SECOND, seconds }
  await seedFailed(server.database, all, missed)
  await measureLatencies({ ...traffic, seconds: isQuick ? 1 : 5 })
  const calm = await measureLatencies(traffic)
  const memoryBefore = await server.peakMemoryBytes()

  const startedAt = performance.now()
  const before = (await receiver.look()).count
  const recovery = await recover(all)
  const during = await measureLatencies(traffic)
  await until('the recovery is done', async () => (await recovery.enqueued()) === missed, { deadlineMs: DEADLINE_MS })
  const enqueuedS = (performance.now() - startedAt) / 1_000
  const hasAll = async () => (await receiver.look()).count >= before + missed + during.length
  await until(`${missed} deliveries reach the receiver`, hasAll, { deadlineMs: DEADLINE_MS })
  const deliveredS = (performance.now() - startedAt) / 1_000
  const memory = await server.peakMemoryBytes()

  const [calmMs, duringMs] = [calm, during].map((latencies) => percentile(latencies, 0.99)) as [number, number]
  const p50Ms = percentile(during, 0.5)
  const grownMb = (memory - memoryBefore) / 2 ** 20
  const perSecond = missed / deliveredS
  return [
    {
      what: `p99 of 8 destinations at ${PER_SECOND} events/s while a ninth recovers ${missed.toLocaleString('en')} deliveries`,
      figure: `${duringMs.toFixed(1)} ms, ${(duringMs / calmMs).toFixed(2)} x the ${calmMs.toFixed(1)} ms before; p50 ${p50Ms.toFixed(1)} ms`,
      numbers: { duringMs, calmMs, p50Ms, seconds },
    },
    {
      what: 'recovered deliveries that reached the receiver, till the last',
      figure: `${perSecond.toFixed(0)}/s; all enqueued after ${enqueuedS.toFixed(0)} s, peak memory ${(memory / 2 ** 20).toFixed(0)} MB, ${grownMb.toFixed(0)} MB above before`,
      numbers: { perSecond, enqueuedS, deliveredS, memory, memoryBefore },
      toBare: perSecond / parts.barePerSecond,
    },
  ]
}

async function recover({ backend, destinationIds }: Customers) {
  const input = { id: destinationIds.at(-1)!, range: { from: '-PT2H' } }
  const { destinationRecover } = await backend.send(DestinationRecoverDocument, { input })
  const id = destinationRecover.job?.id
  if (!id) throw new Error(`Refused: ${JSON.stringify(destinationRecover.userErrors)}`)
  return {
    async enqueued() {
      const { recoveryJob } = await backend.send(RecoveryJobDocument, { id })
      if (recoveryJob?.error) throw new Error(`The recovery ended: ${recoveryJob.error}`)
      return recoveryJob?.enqueued
    },
  }
}

/** Deliveries of the last customer that were given up in the hour before now. */
async function seedFailed(database: BenchDatabase, customers: Customers, count: number): Promise<void> {
  const destinationUuid = idToUuid(customers.destinationIds.at(-1) as Id<'dst'>)
  const organizationUuid = idToUuid(customers.organizationIds.at(-1) as Id<'org'>)
  const data = JSON.stringify(dataOf())
  for (let first = 0; first < count; first += CHUNK) {
    const last = Math.min(first + CHUNK, count) - 1
    const values = [customers.applicationUuid, organizationUuid, destinationUuid, data, first, last, count]
    await database.query(seedStatement, values)
  }
  for (const table of ['event', 'delivery']) await database.query(`vacuum (analyze) ${table}`)
  await database.query('checkpoint')
}

const seedStatement = `
  with events as (
    insert into event (id, application_id, organization_id, type, data, data_bytes, is_test)
    select uuidv7(interval '-1 hour' * ($7::int - n) / $7), $1::uuid, $2::uuid, 'a', $4::text, length($4::text), false
    from generate_series($5::int, $6::int) as n
    returning id
  )
  insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
    attempt_count, max_attempts, finished_at)
  select uuidv7(id_age), $1::uuid, $2::uuid, id, $3::uuid, 'a', 'FAILED', 'EVENT', 1, 1, now()
  from (select id, uuid_extract_timestamp(id) - now() as id_age from events) e`
