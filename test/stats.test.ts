import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  DestinationStatsDocument,
  OrganizationDeleteDocument,
  StatsDocument,
  type StatsFieldsFragment,
  type StatsQueryVariables,
} from '../src/client/generated/documents.ts'
import { RELATIVE_ERROR } from '../src/domain/duration-histogram.ts'
import type { Id } from '../src/domain/id.ts'
import { countAttempts, readStats, statsSpan } from '../src/feed/stats-sql.ts'
import { newId } from '../src/store/new-id.ts'
import type { Store } from '../src/store/store.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { openTestStore } from './support/open-store.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { sendRaw } from './support/raw-request.ts'
import { startReceiver } from './support/receiver.ts'
import { seedAttempts } from './support/seed-attempts.ts'
import { countedIn, HOUR_MS, holdRollUp, hundred, nowhere, openClient, prepareStats } from './support/stats.ts'
import { until } from './support/until.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider({}, { tuning: { countingMaxWaitMs: 20 } })
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('an attempt that just ended is counted at once', async () => {
  await using receiver = await startReceiver((_, n) => (n === 1 ? 500 : 200))
  const backend = await postrider.application({ retryDelays: [0] })
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  await backend.finished(deliveries[0]!.id)
  const { stats } = await backend.send(StatsDocument, { range: { from: '-PT1H' }, bucket: 'MINUTE' })
  expect(sum(stats)).toEqual({ attempts: 2, succeeded: 1, failed: 1 })
})

describe('a chart', () => {
  test('has a point for each bucket of the range, in UTC, whether or not anything happened', async () => {
    const setting = await prepareStats(postrider)
    await setting.seed(['2026-03-01T10:59:59.999Z', '2026-03-01T11:00:00.000Z', '2026-03-01T13:30:00.000Z'])
    const stats = await setting.stats({
      range: { from: '2026-03-01T12:20:00+02:00', to: '2026-03-01T13:00:00.001Z' },
      bucket: 'HOUR',
    })
    expect(stats.map(({ start, attempts }) => [start, attempts])).toEqual([
      ['2026-03-01T10:00:00.000Z', 1],
      ['2026-03-01T11:00:00.000Z', 1],
      ['2026-03-01T12:00:00.000Z', 0],
      ['2026-03-01T13:00:00.000Z', 1],
    ])
    expect(stats[2]).toMatchObject({ succeeded: 0, failed: 0, p50DurationMs: null, p95DurationMs: null })
  })

  test('ends before the end of its range', async () => {
    const setting = await prepareStats(postrider)
    await setting.seed(['2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00.000Z'])
    const range = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }
    for (const bucket of ['HOUR', 'DAY'] as const) expect(sum(await setting.stats({ range, bucket })).attempts).toBe(1)
  })

  test('tells success from failure', async () => {
    const setting = await prepareStats(postrider)
    await setting.seed([
      { startedAt: '2026-03-01T10:00:00Z', outcome: 'SUCCESS' },
      { startedAt: '2026-03-01T10:00:00Z', outcome: 'RETRYABLE_FAILURE' },
      { startedAt: '2026-03-01T10:00:00Z', outcome: 'PERMANENT_FAILURE' },
    ])
    expect(sum(await setting.stats(march))).toEqual({ attempts: 3, succeeded: 1, failed: 2 })
  })

  test('is the same before and after its attempts were rolled up, in every width', async () => {
    const setting = await prepareStats(postrider)
    const startMs = Date.now() - 3 * HOUR_MS
    const times = Array.from({ length: 500 }, (_, n) => new Date(startMs + n * 20_000).toISOString())
    await using hold = await holdRollUp(postrider.database)
    await setting.seed(times.map((startedAt, n) => ({ startedAt, durationMs: n })))
    const range = { from: new Date(startMs - HOUR_MS).toISOString(), to: new Date().toISOString() }
    const ask = () =>
      Promise.all((['MINUTE', 'HOUR', 'DAY'] as const).map((bucket) => setting.stats({ range, bucket })))
    const before = await ask()
    await hold[Symbol.asyncDispose]()
    await setting.untilRolledUp(500)
    expect(await ask()).toEqual(before)
    for (const stats of before) expect(sum(stats).attempts).toBe(500)
  })
})

test("neither another application's attempts are counted, nor those of another organization or destination", async () => {
  const own = await prepareStats(postrider)
  const other = await own.backend.organization('other')
  const sibling = await own.backend.destination({ organizationId: own.organizationId, url: nowhere })
  const foreign = await prepareStats(postrider)
  await own.seed(['2026-03-01T10:00:00Z'])
  await own.seed(['2026-03-01T10:00:00Z'], { organizationId: other })
  await own.seed(['2026-03-01T10:00:00Z'], { destinationId: sibling.id })
  await foreign.seed(['2026-03-01T10:00:00Z'])
  for (const isRolledUp of [false, true]) {
    if (isRolledUp) await own.untilRolledUp(3)
    const { destination } = await own.backend.send(DestinationStatsDocument, { id: own.destinationId, ...march })
    expect(sum(destination!.stats).attempts).toBe(2)
    expect(sum(await own.stats(march)).attempts).toBe(3)
    expect(sum(await own.stats({ ...march, organizationId: own.organizationId })).attempts).toBe(2)
    expect(sum(await own.stats({ ...march, organizationId: foreign.organizationId })).attempts).toBe(0)
    expect(sum(await own.stats({ ...march, organizationId: 'nonsense' })).attempts).toBe(0)
  }
})

test.each([
  ['all alike', () => 120],
  ['all at once', () => 0],
  ['evenly spread', (n: number) => n * 7],
  ['from a millisecond to the longest timeout', (n: number) => Math.round(1.0105 ** n)],
  ['few far out', (n: number) => (n % 10 === 0 ? 20_000 : 40 + (n % 30))],
])('percentiles are within the error that is promised: durations %s', async (_, durationOf) => {
  const setting = await prepareStats(postrider)
  const durations = Array.from({ length: 1_001 }, (_, n) => durationOf(n))
  await setting.seed(durations.map((durationMs) => ({ startedAt: '2026-03-01T10:00:00Z', durationMs })))
  await setting.untilRolledUp(durations.length)
  const point = (await setting.stats(march)).find(({ attempts }) => attempts > 0)!
  const sorted = durations.toSorted((a, b) => a - b)
  for (const [found, share] of [
    [point.p50DurationMs!, 0.5],
    [point.p95DurationMs!, 0.95],
  ] as const) {
    const truth = sorted[Math.ceil(share * sorted.length) - 1]!
    expect(Math.abs(found - truth)).toBeLessThanOrEqual(truth * RELATIVE_ERROR + 0.5)
  }
})

describe('each attempt is counted once', () => {
  test('when two processes count at once', async () => {
    await using database = await createTestDatabase()
    const scope = { applicationId: newId('app'), organizationId: newId('org'), destinationId: newId('dst') }
    await using first = await openTestStore(database)
    await using second = await openTestStore(database)
    for (let round = 0; round < 10; round += 1) {
      await seedAttempts(database, { ...scope, attempts: hundred })
      await Promise.all([first, second, first, second].map(countAttempts))
    }
    await rolledUp(first, database, { ...scope, count: 1_000 })
  })

  test('when one that began earlier is committed later than others were counted', async () => {
    await using database = await createTestDatabase()
    const scope = { applicationId: newId('app'), organizationId: newId('org'), destinationId: newId('dst') }
    await using store = await openTestStore(database)
    await using late = await openClient(database)
    await late.client.query('begin')
    const inLate = { query: async (text: string, values?: unknown[]) => (await late.client.query(text, values)).rows }
    await seedAttempts(inLate, { ...scope, attempts: hundred.slice(0, 7) })
    await seedAttempts(database, { ...scope, attempts: hundred })
    const span = statsSpan('HOUR', new Date(Date.now() - 48 * HOUR_MS), new Date())
    const ask = async () => sum(await readStats(store, { applicationId: scope.applicationId, span })).attempts
    await countAttempts(store)
    expect(await ask()).toBe(100)
    await late.client.query('commit')
    expect(await ask()).toBe(107)
    await rolledUp(store, database, { ...scope, count: 107 })
    expect(await ask()).toBe(107)
  })
})

describe('counts of one event type or one connector', () => {
  test('are the same before and after the attempts were rolled up, of the application and of an organization', async () => {
    const setting = await prepareStats(postrider)
    const { backend, organizationId } = setting
    const other = await backend.organization('other')
    const elsewhere = await backend.destination({ organizationId: other, url: nowhere })
    await setting.seed([{ startedAt: '2026-03-01T10:00:00Z' }, { startedAt: '2026-03-01T10:01:00Z', eventType: 'b' }])
    await setting.seed([{ startedAt: '2026-03-01T10:02:00Z', eventType: 'b' }], {
      organizationId: other,
      destinationId: elsewhere.id,
    })
    const ask = async (by: Partial<StatsQueryVariables>) => sum(await setting.stats({ ...march, ...by })).attempts
    const all = () =>
      Promise.all([
        ask({ eventType: 'a' }),
        ask({ eventType: 'b' }),
        ask({ eventType: 'b', organizationId }),
        ask({ eventType: 'c' }),
        ask({ connector: 'webhook' }),
        ask({ connector: 'webhook', organizationId }),
        ask({ connector: 'slack' }),
      ])
    const counts = [1, 2, 1, 0, 3, 2, 0]
    expect(await all()).toEqual(counts)
    await setting.untilRolledUp(3)
    expect(await all()).toEqual(counts)
  })

  test('not both at once', async () => {
    const { backend } = await prepareStats(postrider)
    const query = '{ stats(eventType: "a", connector: "webhook", range: { from: "-PT1H" }, bucket: HOUR) { start } }'
    const answer = await sendRaw(backend.endpoint, query)
    expect(answer.codes).toEqual(['BAD_USER_INPUT'])
    expect(answer.message).toBe('connector: give one of eventType and connector')
  })
})

test("a deleted organization's counts go with it, the application's stay", async () => {
  const setting = await prepareStats(postrider)
  await setting.seed(['2026-03-01T10:00:00Z'])
  await setting.untilRolledUp(1)
  // Its own, its destination's, and by event type and by connector.
  const scopesLeft = async () => {
    const [row] = await postrider.database.query('select count(distinct scope_id)::int as n from attempt_stats')
    return (row as { n: number }).n
  }
  const before = await scopesLeft()
  await setting.backend.send(OrganizationDeleteDocument, { input: { id: setting.organizationId } })
  expect(sum(await setting.stats(march)).attempts).toBe(1)
  for (const id of [setting.organizationId, setting.destinationId]) {
    expect(await countedIn(postrider.database, id)).toEqual({})
  }
  expect(await scopesLeft()).toBe(before - 4)
})

test('minutes are forgotten after a week, hours and days stay', async () => {
  await using database = await createTestDatabase()
  await database.query(
    `insert into attempt_stats (scope_id, bucket, start, attempts, succeeded, bins, counts)
     select uuidv7(), b, date_trunc('day', now()) - d * interval '1 day', 1, 1, '{1}', '{1}'
     from unnest(array['MINUTE', 'HOUR', 'DAY']) b, unnest(array[6, 8]) d`,
  )
  await using _server = await startTestPostrider({}, { database })
  const left = () => database.query('select bucket, count(*)::int as count from attempt_stats group by 1 order by 1')
  await until(async () => (await left())[2]!.count < 2)
  expect(await left()).toEqual([
    { bucket: 'DAY', count: 2 },
    { bucket: 'HOUR', count: 2 },
    { bucket: 'MINUTE', count: 1 },
  ])
})

test.each([
  [{}, 'DAY', 'range.from: is required'],
  [{ from: '2026-03-02T00:00:00Z', to: '2026-03-02T00:00:00Z' }, 'DAY', 'range.from: is not before range.to'],
  [{ from: 'PT1H' }, 'DAY', 'range.from: is not before range.to'],
  [{ from: '2026-01-01T00:00:00Z', to: '2026-03-04T12:00:00.001Z' }, 'HOUR', 'range: has 1501 points; at most 1500'],
  [{ from: '0000-01-01T00:00:00Z' }, 'DAY', 'at most 1500'],
  [{ from: '-P8D', to: '-P7DT23H' }, 'MINUTE', 'range.from: minutes are kept for 7 days; take HOUR or DAY'],
])('%j by %s is refused with a word on what is wrong', async (range, bucket, message) => {
  const { backend } = await prepareStats(postrider)
  const query = `query ($range: DateTimeRange!, $bucket: StatsBucket!) { stats(range: $range, bucket: $bucket) { start } }`
  const answer = await sendRaw(backend.endpoint, query, { range, bucket })
  expect(answer.codes).toEqual(['BAD_USER_INPUT'])
  expect(answer.message).toContain(message)
})

test('the most points that one chart can have are answered', async () => {
  const setting = await prepareStats(postrider)
  const range = { from: '2026-01-01T00:00:00Z', to: '2026-03-04T12:00:00Z' }
  expect(await setting.stats({ range, bucket: 'HOUR' })).toHaveLength(1_500)
})

const march = {
  range: { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' },
  bucket: 'DAY',
} as const

function sum(stats: readonly Pick<StatsFieldsFragment, 'attempts' | 'succeeded' | 'failed'>[]) {
  const total = { attempts: 0, succeeded: 0, failed: 0 }
  for (const point of stats) {
    total.attempts += point.attempts
    total.succeeded += point.succeeded
    total.failed += point.failed
  }
  return total
}

/** Attempts are counted once nothing older runs, and other databases of the same Postgres have transactions too. */
async function rolledUp(store: Store, database: TestDatabase, expected: { applicationId: Id<'app'>; count: number }) {
  const { applicationId, count } = expected
  await vi.waitFor(
    async () => {
      await countAttempts(store)
      expect(await countedIn(database, applicationId)).toEqual({ MINUTE: count, HOUR: count, DAY: count })
    },
    { timeout: 30_000, interval: 20 },
  )
}
