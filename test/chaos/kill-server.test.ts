import { expect, test } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { assertConsistent } from './consistency.ts'
import { startLoad } from './load.ts'
import { acknowledgedAtFault, form, scale } from './scale.ts'
import { assertAllIsWell, duplicates, setStage, unrecordedSuccesses } from './stage.ts'

/** POSTRIDER_CONCURRENCY as it is by default: most deliveries in flight. */
const MOST_IN_FLIGHT = 256

test(
  'a server killed again and again loses nothing, and repeats no more than it had in flight',
  async () => {
    await using stage = await setStage()
    const { database, backend, organizationId } = stage
    const load = startLoad({ endpoint: backend.endpoint, organizationId, events: scale.events })
    let unrecorded = 0
    for (let n = 1; n <= scale.faults; n += 1) {
      await load.untilAcknowledged(acknowledgedAtFault(n))
      await stage.server.kill('SIGKILL')
      const before = unrecorded
      unrecorded = await unrecordedSuccesses(stage)
      expect(unrecorded - before).toBeLessThanOrEqual(MOST_IN_FLIGHT)
      await assertConsistent(database, load.acknowledged.keys())
      if (form === 'short') await ageLeases(database)
      await stage.startServer()
    }
    await load.done
    // Nothing but the kills has made anything come twice.
    expect(await duplicates(stage)).toBe(unrecorded)
    expect(load.repeats).toBeGreaterThan(0)
    await assertAllIsWell(stage, load)
  },
  scale.timeoutMs,
)

/** The dead server's leases run out now instead of 15 s from now; the long form, and crash.test.ts, wait for it. */
async function ageLeases(database: TestDatabase): Promise<void> {
  await database.query("update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute' where state = 'active'")
}
