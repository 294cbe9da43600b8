import { expect, test } from 'vitest'
import { assertConsistent } from './consistency.ts'
import { startLoad } from './load.ts'
import { acknowledgedAtFault, form, scale } from './scale.ts'
import { ageLeases, assertAllIsWell, duplicates, MOST_IN_FLIGHT, setStage, unrecordedSuccesses } from './stage.ts'

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
      // The long form, and crash.test.ts, wait for it.
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
