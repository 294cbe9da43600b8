import { expect, test } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { assertConsistent } from './consistency.ts'
import { startLoad } from './load.ts'
import { form, scale } from './scale.ts'
import { ageLeases, assertAllIsWell, duplicates, MOST_IN_FLIGHT, setStage } from './stage.ts'
import { until } from './until.ts'

/** How often a worker is frozen; in the long form each time until its leases run out by themselves. */
const ROUNDS = form === 'short' ? 1 : 2
const EVENTS = scale.events / ROUNDS

test(
  'a worker that freezes until another has done its work, and then goes on, counts nothing a second time',
  async () => {
    await using stage = await setStage({ behave: () => 'slow', isApiOnly: true })
    const { database, backend, organizationId } = stage
    await using worker = await stage.startWorker()
    const acknowledged = new Map<string, string>()
    for (let round = 0; round < ROUNDS; round += 1) {
      const from = round * EVENTS
      const load = startLoad({ endpoint: backend.endpoint, organizationId, events: EVENTS, from })
      await load.untilAcknowledged(EVENTS / 2)
      // As a machine does that is suspended, or a process that swaps.
      process.kill(worker.pid, 'SIGSTOP')
      const frozenAt = await clockOf(database)
      expect(await jobs(database, 'active')).toBeGreaterThan(0)
      await using other = await stage.startWorker()
      await load.done
      for (const [id, type] of load.acknowledged) acknowledged.set(id, type)
      if (form === 'short') {
        await untilOthersAreDone(database, frozenAt)
        await ageLeases(database)
      }
      await until('another has done its work', async () => (await jobs(database)) === 0)
      await assertConsistent(database, acknowledged.keys())
      process.kill(worker.pid, 'SIGCONT')
      expect(await other.kill('SIGTERM')).toBe(0)
    }
    // It stops once it has brought to an end what it holds.
    expect(await worker.kill('SIGTERM')).toBe(0)
    expect(await duplicates(stage)).toBeLessThanOrEqual(ROUNDS * MOST_IN_FLIGHT)
    await assertAllIsWell(stage, { acknowledged })
  },
  scale.timeoutMs,
)

/** What is left then was claimed before the freeze: the frozen one holds it. */
async function untilOthersAreDone(database: TestDatabase, frozenAt: Date): Promise<void> {
  const others = `select 1 from pgboss.job where name = 'delivery' and (state <> 'active' or started_on > $1) limit 1`
  await until('only the frozen worker holds deliveries', async () => {
    return (await database.query(others, [frozenAt])).length === 0
  })
}

async function clockOf(database: TestDatabase): Promise<Date> {
  return (await database.query<{ now: Date }>('select clock_timestamp() as now'))[0]!.now
}

async function jobs(database: TestDatabase, state = '.*'): Promise<number> {
  return (await database.query("select 1 from pgboss.job where name = 'delivery' and state::text ~ $1", [state])).length
}
