import { expect, test } from 'vitest'
import { assertConsistent } from './consistency.ts'
import { startLoad } from './load.ts'
import { startOwnPostgres } from './own-postgres.ts'
import { acknowledgedAtFault, scale } from './scale.ts'
import { assertAllIsWell, duplicates, setStage } from './stage.ts'

test(
  'a Postgres killed under load, or one of its sessions, loses nothing, and nothing comes twice',
  async () => {
    await using postgres = await startOwnPostgres()
    await using stage = await setStage({ database: postgres })
    const { backend, organizationId } = stage
    const load = startLoad({ endpoint: backend.endpoint, organizationId, events: scale.events })
    for (let n = 1; n <= scale.faults; n += 1) {
      await load.untilAcknowledged(acknowledgedAtFault(n))
      if (n % 2 === 1) await postgres.killAndStart()
      else await postgres.killSession()
      await assertConsistent(postgres, load.acknowledged.keys())
    }
    await load.done
    // The server outlived it all, and so did its leases: what was in flight waits to be written down.
    expect(await duplicates(stage)).toBe(0)
    expect(load.repeats).toBeGreaterThan(0)
    await assertAllIsWell(stage, load)
  },
  scale.timeoutMs,
)
