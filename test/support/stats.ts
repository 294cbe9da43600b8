import pg from 'pg'
import { StatsDocument, type StatsQueryVariables } from '../../src/client/generated/documents.ts'
import { idToUuid } from '../../src/domain/id.ts'
import type { TestDatabase } from './database.ts'
import type { TestPostrider } from './postrider.ts'
import { type SeededAttempts, seedAttempts } from './seed-attempts.ts'
import { until } from './until.ts'

export const HOUR_MS = 3_600_000
/** Of a destination that nothing is sent to. */
export const nowhere = 'http://127.0.0.1:1/'

/** Attempts of the last day. */
export const hundred = Array.from({ length: 100 }, (_, n) => ({
  startedAt: new Date(Date.now() - (n / 4) * HOUR_MS).toISOString(),
  durationMs: n,
}))

/** An application with a destination, the attempts that a test gives it, and its stats. */
export async function prepareStats(server: Pick<TestPostrider, 'application' | 'database'>) {
  const backend = await server.application()
  const { organizationId, id: destinationId } = await backend.hook(nowhere)
  const { applicationId } = backend
  const own = { applicationId, organizationId, destinationId }
  type Attempt = SeededAttempts['attempts'][number]
  return {
    ...own,
    backend,
    seed: (attempts: readonly (string | Attempt)[], over: Partial<typeof own> = {}) =>
      seedAttempts(server.database, {
        ...own,
        ...over,
        attempts: attempts.map((one) => (typeof one === 'string' ? { startedAt: one } : one)),
      }),
    stats: async (variables: StatsQueryVariables) => [...(await backend.send(StatsDocument, variables)).stats],
    untilRolledUp: (count: number) =>
      until(async () => ((await countedIn(server.database, applicationId)).DAY ?? 0) >= count),
  }
}

/** Attempts that were counted for an application, an organization or a destination, in each width. */
export async function countedIn(database: TestDatabase, id: string): Promise<Record<string, number>> {
  const rows = await database.query<{ bucket: string; attempts: number }>(
    'select bucket, sum(attempts)::int as attempts from attempt_stats where scope_id = $1 group by 1',
    [idToUuid(id as never)],
  )
  return Object.fromEntries(rows.map(({ bucket, attempts }) => [bucket, attempts]))
}

/** No process counts attempts while it is held. */
export async function holdRollUp(database: TestDatabase): Promise<AsyncDisposable> {
  const holder = await openClient(database)
  await holder.client.query('begin')
  await holder.client.query('select 1 from attempt_stats_position for update')
  return holder
}

export async function openClient(database: TestDatabase): Promise<AsyncDisposable & { client: pg.Client }> {
  const client = new pg.Client(database.url)
  await client.connect()
  let ended: Promise<void> | undefined
  return {
    client,
    async [Symbol.asyncDispose]() {
      ended ??= client.end()
      await ended
    },
  }
}
