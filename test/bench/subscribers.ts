import { FollowAttemptsDocument } from '../../src/client/generated/documents.ts'
import { idFromUuid, type Uuid } from '../../src/domain/id.ts'
import { type Child, startChild } from './child.ts'
import { type Customers, createCustomers } from './customers.ts'
import { type Delivered, deliverBatches, meanOf } from './deliver-batches.ts'
import { type BenchParts, type Row, rateRow } from './row.ts'
import type { BenchServer } from './server.ts'
import { until } from './until.ts'

/** What the process of the subscribers is told to do. */
export interface Subscribe {
  readonly url: string
  readonly key: string
  readonly query: string
  /** One subscription each. */
  readonly organizationIds: string[]
  readonly perSocket: number
}

/** What it has heard. */
export interface Heard {
  /** Subscriptions that have not begun. */
  readonly silent: number
  /** Attempts, by all subscribers together; then by the one that heard fewest and the one that heard most. */
  readonly heard: number
  readonly fewest: number
  readonly most: number
  /** Ids of the attempts that the first subscriber heard, in that order. */
  readonly sample: string[]
}

const PER_SOCKET = 20
const TURNS = 2

const asked = {
  'each told the id of an attempt': `subscription ($filter: DeliveryAttemptFilter) { deliveryAttempts(filter: $filter) {
    __typename ... on DeliveryAttemptRecorded { attempt { id } } } }`,
  'each told all that createAttemptFeed asks for, bodies and delivery too': FollowAttemptsDocument.toString(),
}

/**
 * Throughput while a thousand customers watch, each their own attempts, as the settings page of a product shows them; and
 * with nobody watching. The two take turns, so that a machine that slows down meanwhile slows both.
 */
export async function measureSubscribers(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const subscribers = isQuick ? 100 : 1_000
  const count = subscribers * (isQuick ? 20 : 40)
  await using server = await parts.startServer()
  await using customers = await createCustomers(server, { count: subscribers, url: () => `${receiver.origin}/hook` })
  const measure = () => deliverBatches({ server, customers, receiver }, count)
  const rows: Row[] = []
  for (const [what, query] of Object.entries(asked)) {
    const measureWatched = () => whileWatched(server, customers, { query, count, measure })
    // The server's code is compiled by then, that for subscribers too.
    await measureWatched()
    const without = [await measure()]
    const watched: Delivered[] = []
    for (let turn = 0; turn < TURNS; turn++) {
      watched.push(await measureWatched())
      without.push(await measure())
    }
    const row = rowOf(parts, { what: `${subscribers} subscribers on the feed, ${what}`, watched, without })
    rows.push(rows.length === 0 ? { ...row, atLeast: '0.8 of without' } : row)
  }
  return rows
}

function rowOf(
  parts: BenchParts,
  { what, watched, without }: { what: string; watched: readonly Delivered[]; without: readonly Delivered[] },
): Row {
  const { perSecond, cpu } = meanOf(watched)
  const { perSecond: withoutPerSecond, cpu: withoutCpu } = meanOf(without)
  const ratio = perSecond / withoutPerSecond
  const withoutUs = withoutCpu.nodeUs + withoutCpu.postgresUs
  return rateRow(parts, {
    what: `batched, with ${what} (one organization each, 20 to a socket, none missed any)`,
    perSecond,
    cpu,
    beside: `${ratio.toFixed(2)} of the ${withoutPerSecond.toFixed(0)}/s and ${withoutUs.toFixed(0)} us without`,
    numbers: { ratio, withoutPerSecond, withoutUs },
  })
}

/** Throws unless every subscriber has heard every attempt of its organization, and the first one each of them once. */
async function whileWatched<Result>(
  server: BenchServer,
  { backend, organizationIds, applicationUuid }: Customers,
  { query, count, measure }: { query: string; count: number; measure: () => Promise<Result> },
): Promise<Result> {
  const { child } = await startChild('subscriber-process.ts')
  await using watching = child
  const url = new URL('/graphql', backend.endpoint.url).href.replace(/^http/, 'ws')
  const ids = [...organizationIds]
  const to = { url, key: backend.endpoint.key, query, organizationIds: ids, perSocket: PER_SOCKET }
  await watching.ask<Heard>(to satisfies Subscribe)
  await until('all subscriptions begin', async () => (await look(watching)).silent === 0, { everyMs: 100 })
  const result = await measure()
  await until('the subscribers hear every attempt', async () => (await look(watching)).heard >= count, { everyMs: 100 })
  const { fewest, most, sample } = await look(watching)
  const each = count / organizationIds.length
  if (fewest !== each || most !== each) throw new Error(`Subscribers heard ${fewest} to ${most} attempts, not ${each}`)
  const committed = await server.database.query<{ id: Uuid<'att'> }>(
    `select id from delivery_attempt where application_id = $1 and organization_id =
       (select id from organization where application_id = $1 and external_id = 'customer-0')
     order by feed_epoch desc, feed_xid desc, id desc limit $2`,
    [applicationUuid, each],
  )
  const expected = committed.map(({ id }) => idFromUuid('att', id)).toReversed()
  if (expected.join() !== sample.join())
    throw new Error('The first subscriber did not hear what was committed, in order')
  return result
}

function look(watching: Child): Promise<Heard> {
  return watching.ask<Heard>({})
}
