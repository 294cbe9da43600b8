import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { assertConsistent } from './consistency.ts'
import { startLoad } from './load.ts'
import { acknowledgedAtFault, scale } from './scale.ts'
import { assertAllIsWell, duplicates, setStage } from './stage.ts'

test(
  'connections cut between clients, server and Postgres lose nothing, and nothing comes twice',
  async () => {
    await using database = await createTestDatabase()
    await using toPostgres = await startProxy(database.url)
    await using stage = await setStage({ database, databaseUrl: toPostgres.url })
    const { backend, organizationId } = stage
    await using toServer = await startProxy(backend.endpoint.url)
    const endpoint = { ...backend.endpoint, url: toServer.url }
    const load = startLoad({ endpoint, organizationId, events: scale.events })
    const cuts = 3 * scale.faults
    for (let n = 1; n <= cuts; n += 1) {
      await load.untilAcknowledged(acknowledgedAtFault(n, cuts))
      // By turns: an answer that is never heard, a commit that is never answered, and an outage of half a second.
      if (n % 3 === 1) await cut(toServer, 0)
      else if (n % 3 === 2) await cut(toPostgres, 0)
      else await cut(toPostgres, 500)
      await assertConsistent(database, load.acknowledged.keys())
    }
    await load.done
    expect(await duplicates(stage)).toBe(0)
    expect(load.repeats).toBeGreaterThan(0)
    await assertAllIsWell(stage, load)
  },
  scale.timeoutMs,
)

async function cut(proxy: Awaited<ReturnType<typeof startProxy>>, forMs: number): Promise<void> {
  proxy.cut()
  await pause(forMs)
  proxy.mend()
}
