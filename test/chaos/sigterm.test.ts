import { expect, test } from 'vitest'
import { assertConsistent } from './consistency.ts'
import { startLoad } from './load.ts'
import { acknowledgedAtFault, form, scale } from './scale.ts'
import { assertAllIsWell, duplicates, setStage, unrecordedSuccesses } from './stage.ts'
import { until } from './until.ts'

/** Each takes the whole grace, because requests hang. */
const STOPS = form === 'short' ? 1 : 4
const HANGING_AT_A_STOP = 6

test(
  'a server told to stop under load loses nothing, repeats nothing, and counts nothing that it cut off',
  async () => {
    let toHang = 0
    const behave = () => {
      toHang -= 1
      return toHang >= 0 ? 'hang' : 'ok'
    }
    await using stage = await setStage({ behave, timeoutMs: 60_000 })
    const { database, receiver, backend, organizationId } = stage
    const load = startLoad({ endpoint: backend.endpoint, organizationId, events: scale.events })
    for (let n = 1; n <= STOPS; n += 1) {
      toHang = HANGING_AT_A_STOP
      await load.untilAcknowledged(acknowledgedAtFault(n, STOPS))
      await until('so many requests hang', () => toHang <= 0)
      expect(await stage.server.kill('SIGTERM')).toBe(0)
      expect(await unrecordedSuccesses(stage)).toBe(0)
      // What was answered is written down, what was cut off is not.
      expect(await database.query('select count(*)::int as count from delivery_attempt')).toEqual([
        { count: receiver.answers },
      ])
      expect(await database.query("select id from pgboss.job where state = 'active'")).toEqual([])
      await assertConsistent(database, load.acknowledged.keys())
      await stage.startServer()
    }
    await load.done
    expect(load.repeats).toBeGreaterThan(0)
    expect(await duplicates(stage)).toBe(0)
    await assertAllIsWell(stage, load)
  },
  scale.timeoutMs,
)
