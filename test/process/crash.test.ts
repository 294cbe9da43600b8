import { expect, test } from 'vitest'
import { EventsPublishDocument } from '../../src/client/generated/documents.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createBackend, OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { startProcess } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

test('after a kill -9 in mid-delivery another process takes up what was in flight, and nothing is lost', async () => {
  await using database = await createTestDatabase()
  // The first process gets no answer to its last requests: it dies with them in flight.
  let isKilled = false
  const silent = new Set<string>()
  await using receiver = await startReceiver((request, n) => {
    if (n <= 100 || isKilled) return 200
    silent.add(String(request.headers['webhook-id']))
    return () => undefined
  })
  await using first = await startProcess({ environment: environmentOf(database) })
  const backend = await createBackend({ url: first.url, key: OPERATOR_KEY })
  const { organizationId } = await backend.hook(receiver.url)
  const events = Array.from({ length: 130 }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
  const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
  await receiver.request(130)
  isKilled = true
  await first.kill('SIGKILL')

  await using _second = await startProcess({ environment: environmentOf(database) })
  await receiver.request(130 + silent.size)
  await untilSettled(database)

  const arrivals = countBy(receiver.requests.map((request) => String(request.headers['webhook-id'])))
  const acknowledged = eventsPublish.results.map((result) => result.event!.id)
  expect(new Set(arrivals.keys())).toEqual(new Set(acknowledged))
  const twice = [...arrivals].filter(([, count]) => count > 1).map(([id]) => id)
  // Beside the unanswered ones, only what was answered but not yet settled can come twice.
  expect(twice.length).toBeGreaterThanOrEqual(silent.size)
  expect(Math.max(...arrivals.values())).toBe(2)
  expect(await disagreements(database)).toEqual([])
})

function environmentOf(database: TestDatabase): Record<string, string> {
  return { ...TEST_ENVIRONMENT, DATABASE_URL: database.url }
}

/** Looks until no job is left; there is no event for "nothing more to do". */
async function untilSettled(database: TestDatabase): Promise<void> {
  await until(async () => (await database.query('select 1 from pgboss.job limit 1')).length === 0)
}

/** Deliveries whose status, attempts and job contradict each other. */
async function disagreements(database: TestDatabase): Promise<unknown[]> {
  return database.query(
    `select d.id, d.status, d.attempt_count, a.attempts, a.successes, j.jobs
     from delivery d
     cross join lateral (select count(*)::int as attempts, count(*) filter (where outcome = 'SUCCESS')::int as successes
       from delivery_attempt where delivery_id = d.id) a
     cross join lateral (select count(*)::int as jobs from pgboss.job where id = d.id) j
     where d.attempt_count <> a.attempts or (d.status = 'SUCCEEDED') <> (a.successes = 1)
       or (d.status = 'PENDING') <> (j.jobs = 1)`,
  )
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
