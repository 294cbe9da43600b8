import { describe, expect, test, vi } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { idToUuid } from '../../src/domain/id.ts'
import { attemptsOf } from '../support/attempts.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { nodesOf, type Plan, type PlanNode, watchPlans } from '../support/plans.ts'
import { type Backend, startTestPostrider } from '../support/postrider.ts'
import { startReceiver } from '../support/receiver.ts'

// Whatever Postgres believes of the tables, nothing reads one of the large ones from end to end. Statistics mislead most
// when they are old: a table emptied and filled again, one that grew since it was looked at, one never looked at.

const large =
  /^(event|delivery|delivery_attempt)_(\d{8}|default)$|^job_common$|^attempt_stats$|^idempotency_key$|^waiting_delivery$/

describe.each<[string, (database: TestDatabase, backend: Backend, ids: Ids) => Promise<void>]>([
  ['almost empty and never analysed', async () => undefined],
  [
    'truncated after statistics of many rows were taken',
    async (database, backend, ids) => {
      await fill(database, backend, ids)
      await database.query('analyze')
      await database.query('truncate event, delivery, delivery_attempt, attempt_stats')
    },
  ],
  [
    'grown since statistics of empty ones were taken',
    async (database, backend, ids) => {
      await database.query('truncate event, delivery, delivery_attempt, attempt_stats')
      await database.query('analyze')
      await fill(database, backend, ids)
    },
  ],
  [
    'of many rows and analysed',
    async (database, backend, ids) => {
      await fill(database, backend, ids)
      await database.query('analyze')
    },
  ],
])('on tables %s', (_, prepareTables) => {
  test('neither the pipeline nor the API scans a large table', async () => {
    await using database = await createTestDatabase()
    using watched = await watchPlans(database)
    await using receiver = await startReceiver((_request, n) => (n % 4 === 0 ? 500 : 200))
    await using postrider = await startTestPostrider({}, { database, tuning: { countingMaxWaitMs: 200 } })
    const backend = await postrider.application({ retryDelays: [0, 0] })
    const { organizationId, id } = await backend.hook(receiver.url)
    const ids = { organizationId, destinationId: id }
    await prepareTables(database, backend, ids)
    watched.plans.length = 0
    await useEverything(backend, ids)
    await rejectAndReplay(database, backend, ids)
    await untilRolledUp(database, watched.plans)
    expect(missing(watched.plans)).toEqual([])
    expect(watched.plans.flatMap(offences)).toEqual([])
  })
})

test.each<[string, (ids: Ids) => documents.DeliveriesQueryVariables['filter']]>([
  ['a destination', ({ destinationId }) => ({ destinationIds: [destinationId] })],
  ['an organization', ({ organizationId }) => ({ organizationId })],
  ['a day of an organization', ({ organizationId }) => ({ organizationId, createdAt: { from: '-P1D' } })],
])('deliveries of %s are counted off an index, without reading them', async (_, filterOf) => {
  await using database = await createTestDatabase()
  using watched = await watchPlans(database)
  await using receiver = await startReceiver()
  await using postrider = await startTestPostrider({}, { database })
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  const ids = { organizationId, destinationId: id }
  await fill(database, backend, ids)
  await database.query('vacuum (analyze) delivery')
  watched.plans.length = 0
  const { deliveries } = await backend.send(documents.DeliveriesDocument, { first: 1, filter: filterOf(ids) })
  expect(deliveries.count).toEqual({ value: 1_000, exact: false })
  const counting = watched.plans.find(({ text }) => text.includes('1 as one'))
  // Only the one that is asked for its application is read.
  const counted = nodesOf({ ...counting!.root, Plans: counting!.root.Plans!.filter((node) => !isAskedFirst(node)) })
  const reads = counted
    .filter((node) => node['Relation Name'] && node['Plan Rows'] > 1)
    .map((node) => node['Node Type'])
  expect(new Set(reads)).toEqual(new Set(['Index Only Scan']))
})

const isAskedFirst = (node: PlanNode) => node['Parent Relationship'] === 'InitPlan'

interface Ids {
  readonly organizationId: string
  readonly destinationId: string
}

/** Publishes, delivers with retries, settles, follows, and asks for every list and chart with its filters. */
async function useEverything(backend: Backend, { organizationId, destinationId }: Ids): Promise<void> {
  const { send } = backend
  const events = Array.from({ length: 40 }, (_, n) => ({
    organizationId,
    type: 'a',
    data: { n },
    idempotencyKey: `k${n}`,
  }))
  const { eventsPublish } = await send(documents.EventsPublishDocument, { input: { events } })
  const eventId = eventsPublish.results[0]!.event!.id
  const { event } = await send(documents.EventDocument, { id: eventId })
  const { id } = await backend.finished(event!.deliveries.nodes[0]!.id)
  await attemptsOf(backend, 40)
  await send(documents.DeliveryDocument, { id })
  await send(documents.DeliveryRetryDocument, { input: { id } })
  const createdAt = { from: '-PT1H', to: 'PT1H' }
  for (const filter of [
    null,
    { organizationId },
    { organizationId, createdAt },
    { destinationIds: [destinationId] },
    { statuses: ['FAILED'] },
    { organizationId, statuses: ['PENDING'] },
    { destinationIds: [destinationId], statuses: ['FAILED'] },
    { organizationId, statuses: ['FAILED', 'SKIPPED'] },
    { eventTypes: ['a'], triggers: ['EVENT'] },
    { createdAt },
  ] satisfies documents.DeliveriesQueryVariables['filter'][]) {
    const { deliveries } = await send(documents.DeliveriesDocument, { first: 2, filter })
    await send(documents.DeliveriesDocument, { first: 2, filter, after: deliveries.pageInfo.endCursor })
  }
  for (const filter of [
    null,
    { organizationId },
    { types: ['a'] },
    { createdAt },
    { isTest: true },
    { status: 'REJECTED' },
    { organizationId, status: 'REJECTED' },
    { organizationId, createdAt, status: 'REJECTED' },
    { status: 'ACCEPTED' },
  ] satisfies documents.EventsQueryVariables['filter'][]) {
    await send(documents.EventsDocument, { first: 2, filter })
  }
  for (const filter of [
    null,
    { organizationId },
    { destinationIds: [destinationId] },
    { outcomes: ['PERMANENT_FAILURE'] },
  ] satisfies documents.DeliveryAttemptsQueryVariables['filter'][]) {
    const { deliveryAttempts } = await send(documents.DeliveryAttemptsDocument, { first: 2, filter })
    await send(documents.DeliveryAttemptsDocument, { first: 2, filter, after: deliveryAttempts.pageInfo.endCursor })
  }
  for (const bucket of ['MINUTE', 'HOUR', 'DAY'] as const) {
    await send(documents.StatsDocument, { bucket, range: { from: '-PT20H' } })
    await send(documents.StatsDocument, { bucket, organizationId, range: { from: '-PT20H' } })
    await send(documents.DestinationStatsDocument, { bucket, id: destinationId, range: { from: '-PT20H' } })
  }
}

/** Publishes by SQL an event that is rewritten and one that is rejected, and replays that one until it is accepted. */
async function rejectAndReplay(database: TestDatabase, backend: Backend, { organizationId }: Ids): Promise<void> {
  await backend.eventType('strict', { payloadSchema: { type: 'object', required: ['n'] } })
  const rows = await database.query<{ id: string }>(
    `select postrider.publish($1, $2, 'strict', data::json) as id from unnest('{"{ \\"n\\": 1 }","{}"}'::text[]) data`,
    [backend.applicationId, organizationId],
  )
  await vi.waitUntil(async () => (await database.query('select from outbox')).length === 0)
  const input = { id: rows[1]!.id }
  await backend.send(documents.EventReplayDocument, { input })
  await backend.eventType('strict', { payloadSchema: { type: 'object' }, allowBreakingSchema: true })
  const { eventReplay } = await backend.send(documents.EventReplayDocument, { input })
  expect(eventReplay.deliveries).toHaveLength(1)
}

/** Until attempts have been counted once more. */
async function untilRolledUp(database: TestDatabase, plans: readonly Plan[]): Promise<void> {
  const count = () => plans.filter(({ text }) => text.includes('insert into attempt_stats')).length
  const before = count()
  while (count() === before) await database.query("select pg_notify('postrider', 'test attempt'), pg_sleep(0.05)")
}

/** 20,000 rows in each table, of other times than those that the test makes. */
async function fill(database: TestDatabase, { applicationId }: Backend, ids: Ids): Promise<void> {
  const [application, organization, destination] = [applicationId, ids.organizationId, ids.destinationId].map((id) =>
    idToUuid(id as never),
  )
  await database.query(
    `insert into event (id, application_id, organization_id, type, data, data_bytes, is_test)
     select uuidv7(make_interval(secs => -n)), $1, $2, 'a', '{}', 2, false from generate_series(1, 20000) n`,
    [application, organization],
  )
  await database.query(
    `insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
       attempt_count, max_attempts)
     select uuidv7(make_interval(secs => -n)), $1, $2, uuidv7(), $3, 'a', case when n % 1000 = 0 then 'FAILED' else 'SUCCEEDED' end,
       'EVENT', 1, 3 from generate_series(1, 20000) n`,
    [application, organization, destination],
  )
  await database.query(
    `insert into delivery_attempt (id, application_id, organization_id, delivery_id, destination_id, event_id, event_type,
       number, started_at, duration_ms, outcome, profile_version, feed_epoch)
     select uuidv7(make_interval(secs => -n)), $1, $2, uuidv7(), $3, uuidv7(), 'a', 1, now(), 10, 'SUCCESS', 1,
       (select epoch from feed_epoch) from generate_series(1, 20000) n`,
    [application, organization, destination],
  )
}

/** What the run is about and was not seen: then it proves nothing. */
function missing(plans: readonly Plan[]): string[] {
  const expected = [
    'insert into event ',
    'update pgboss.job',
    'from delivery where id = any',
    'select id, data from event where id = any',
    'insert into delivery_attempt',
    'update delivery d set attempt_count',
    'delete from pgboss.job',
    'and (feed_epoch < bound.epoch or feed_xid < bound.xmin)',
    'insert into attempt_stats',
    'union all',
    'from "delivery"',
    'from "event"',
    'update event set data',
    "update event set status = 'rejected'",
    "update event set status = 'accepted'",
    'from event where id = $1 for update',
  ]
  const texts = plans.map(({ text }) => text.toLowerCase())
  return expected.filter((part) => !texts.some((text) => text.includes(part)))
}

/**
 * Reads of a large table from end to end, rows of one that are sorted though an index has them in order, and the few rejected
 * events looked for among all others.
 */
function offences({ text, root }: Plan): string[] {
  const isLarge = (node: PlanNode) => large.test(node['Relation Name'] ?? '')
  return nodesOf(root)
    .filter((node) => {
      if (node['Node Type'] === 'Seq Scan') return isLarge(node)
      if (node.Filter?.includes("'REJECTED'")) return true
      return node['Node Type'] === 'Sort' && text.includes('feed_xid') && nodesOf(node).some(isLarge)
    })
    .map((node) => `${node['Node Type']} ${node['Relation Name'] ?? ''}: ${text.replace(/\s+/g, ' ').slice(0, 150)}`)
}
