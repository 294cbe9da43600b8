import { type Id, idToUuid } from '../../src/domain/id.ts'
import { dataOf } from './api.ts'
import { type Customers, createCustomers } from './customers.ts'
import { deliverBatches } from './deliver-batches.ts'
import type { BenchDatabase } from './postgres.ts'
import { type BenchParts, type Row, rateRow } from './row.ts'

/** Nothing listens there. */
const DEAD_URL = 'http://127.0.0.1:9/hook'
const CUSTOMERS = 8
/** Short transactions: a long one would hold the feed back. */
const CHUNK = 20_000

/** Throughput while a customer's dead destination has a million deliveries pending, against without, on one server. */
export async function measureBacklog(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const pending = isQuick ? 50_000 : 1_000_000
  const count = isQuick ? 4_000 : 40_000
  await using server = await parts.startServer()
  const url = (n: number) => (n < CUSTOMERS ? `${receiver.origin}/hook` : DEAD_URL)
  await using all = await createCustomers(server, { count: CUSTOMERS + 1, url })
  const customers = { ...all, organizationIds: all.organizationIds.slice(0, CUSTOMERS) }
  const traffic = { server, customers, receiver }
  await deliverBatches(traffic, count / 2)
  const without = await deliverBatches(traffic, count)
  await seedBacklog(server.database, all, pending)
  await deliverBatches(traffic, count / 4)
  const delivered = await deliverBatches(traffic, count)
  await assertStillPending(server.database, pending)
  const ratio = delivered.perSecond / without.perSecond
  return [
    rateRow(parts, {
      what: `batched, with ${pending.toLocaleString('en')} deliveries pending for a dead destination`,
      ...delivered,
      beside: `${ratio.toFixed(2)} of the ${without.perSecond.toFixed(0)}/s without`,
      numbers: { ratio, withoutPerSecond: without.perSecond, pending },
      atLeast: '0.9 of without',
    }),
  ]
}

/**
 * As an hour of publishing to the last customer leaves it, whose destination's circuit is open until tomorrow: each
 * delivery waits for its destination, and has no job.
 */
async function seedBacklog(database: BenchDatabase, customers: Customers, count: number): Promise<void> {
  const destinationUuid = idToUuid(customers.destinationIds.at(-1) as Id<'dst'>)
  const organizationUuid = idToUuid(customers.organizationIds.at(-1) as Id<'org'>)
  await database.query(
    `update destination_health set health = 'FAILING', failing_since = now() - interval '1 hour',
       consecutive_failures = 5, circuit_failures = 5, probe_delay_s = 300, probe_at = now() + interval '1 day',
       release_at = now() + interval '1 day'
     where destination_id = $1`,
    [destinationUuid],
  )
  const data = JSON.stringify(dataOf())
  for (let first = 0; first < count; first += CHUNK) {
    await database.query(seedStatement, [
      customers.applicationUuid,
      organizationUuid,
      destinationUuid,
      data,
      first,
      Math.min(first + CHUNK, count) - 1,
      count,
    ])
  }
  // What autovacuum and the checkpointer would do sooner or later is not to fall into the measurement.
  await database.query('vacuum (analyze) event')
  await database.query('vacuum (analyze) delivery')
  await database.query('vacuum (analyze) waiting_delivery')
  await database.query('checkpoint')
}

/** A product that took the backlog up, or lost it, was not measured with it. */
async function assertStillPending(database: BenchDatabase, count: number): Promise<void> {
  const [row] = await database.query<{ count: string }>(
    `select count(*) from waiting_delivery w join delivery d on d.id = w.delivery_id
     where w.state = 'HELD' and d.status = 'PENDING'`,
  )
  if (Number(row!.count) !== count) throw new Error(`${row!.count} of ${count} deliveries are pending still`)
}

/** UUIDv7 of the hour before now, in the order of their numbers. */
const seedStatement = `
  with numbered as (
    select lpad(to_hex((extract(epoch from now()) * 1000)::bigint - 3600000::bigint * ($7::int - n) / $7), 12, '0') as time,
      n from generate_series($5::int, $6::int) as n
  ), made as (
    select (left(time, 8) || '-' || right(time, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid as event_id,
      (left(time, 8) || '-' || right(time, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid as delivery_id
    from numbered
  ), events as (
    insert into event (id, application_id, organization_id, type, data, data_bytes, is_test)
    select event_id, $1::uuid, $2::uuid, 'a', $4::text, length($4::text), false from made
  ), deliveries as (
    insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
      max_attempts, next_attempt_at)
    select delivery_id, $1::uuid, $2::uuid, event_id, $3::uuid, 'a', 'PENDING', 'EVENT',
      (select max_attempts from application where id = $1::uuid), now() from made
  )
  insert into waiting_delivery (delivery_id, destination_id, state, due_at)
  select delivery_id, $3::uuid, 'HELD', now() from made`
