import { expect, test } from 'vitest'
import { assertConsistent } from './consistency.ts'
import { type Load, startLoad } from './load.ts'
import type { Behaviour } from './receiver.ts'
import { acknowledgedAtFault, form, scale } from './scale.ts'
import { assertAllIsWell, duplicates, setStage } from './stage.ts'

/** What becomes of the first requests, so that each kind of failure is there. */
const FIRST: readonly Behaviour[] = ['fail', 'hang', 'reset']
/** One after the other, half a second each, while the load goes on. */
const MOODS: readonly Behaviour[] = ['ok', 'fail', 'hang', 'ok', 'reset', 'garbage']
const PER_SECOND = form === 'short' ? 200 : 400
const PHASES = Math.round((scale.events / PER_SECOND) * 2)
/** One in this number hangs in a silent phase: silence takes a connection for two seconds, and there are 64. */
const HANGS_ONE_OF = 8

test(
  'a receiver that flaps between 200, 500, silence, resets and garbage gets everything once it answers',
  async () => {
    let load: Load | undefined
    let requests = 0
    const behave = (): Behaviour => {
      const phase = Math.floor(((load?.acknowledged.size ?? 0) / scale.events) * PHASES)
      const mood = load?.acknowledged.size === scale.events ? 'ok' : MOODS[phase % MOODS.length]!
      requests += 1
      const first = FIRST[requests - 1]
      if (first) return first
      return mood === 'hang' && requests % HANGS_ONE_OF > 0 ? 'fail' : mood
    }
    await using stage = await setStage({ behave: ({ destination }) => (destination === 'all' ? behave() : 'ok') })
    const { database, backend, organizationId } = stage
    load = startLoad({ endpoint: backend.endpoint, organizationId, events: scale.events, perSecond: PER_SECOND })
    for (let n = 1; n <= scale.faults; n += 1) {
      await load.untilAcknowledged(acknowledgedAtFault(n))
      await assertConsistent(database, load.acknowledged.keys())
    }
    await load.done
    expect(load.repeats).toBe(0)
    expect(await duplicates(stage)).toBe(0)
    const kinds = await database.query<{ failure_kind: string }>(
      "select distinct failure_kind from delivery_attempt where outcome <> 'SUCCESS'",
    )
    expect(new Set(kinds.map((row) => row.failure_kind))).toEqual(new Set(['HTTP_STATUS', 'TIMEOUT', 'CONNECTION']))
    await assertAllIsWell(stage, load)
  },
  scale.timeoutMs,
)
