import { expect, test } from 'vitest'
import { createTestDatabase } from './support/database.ts'

// queue/jobs.ts and maintenance/retention.ts have statements of their own on pg-boss's table. A new pg-boss that changes what they
// rely on fails here first.

test("pg-boss's job table has the columns and states that our own statements use", async () => {
  await using database = await createTestDatabase()
  const columns = await database.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, null) as type from pg_attribute
     where attrelid = 'pgboss.job'::regclass and attname = any($1) order by attname`,
    [['id', 'name', 'state', 'retry_count', 'start_after', 'started_on', 'heartbeat_on']],
  )
  expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual({
    heartbeat_on: 'timestamp with time zone',
    id: 'uuid',
    name: 'text',
    retry_count: 'integer',
    start_after: 'timestamp with time zone',
    started_on: 'timestamp with time zone',
    state: 'pgboss.job_state',
  })
  const states = await database.query<{ state: string }>(
    'select unnest(enum_range(null::pgboss.job_state))::text as state',
  )
  expect(states.map(({ state }) => state).slice(0, 3)).toEqual(['created', 'retry', 'active'])
})

test('the queue keeps leases short and never runs out of retries', async () => {
  await using database = await createTestDatabase()
  const [queue] = await database.query(
    "select policy, heartbeat_seconds, retry_limit from pgboss.queue where name = 'delivery'",
  )
  expect(queue).toEqual({ policy: 'standard', heartbeat_seconds: 15, retry_limit: 1_000 })
})

test('a job is stored without looking its queue up', async () => {
  await using database = await createTestDatabase()
  const references = await database.query(
    "select conname from pg_constraint where conrelid = 'pgboss.job_common'::regclass and contype = 'f'",
  )
  expect(references).toEqual([])
})
