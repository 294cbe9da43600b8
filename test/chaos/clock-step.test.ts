import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/process.ts'
import { assertConsistent } from './consistency.ts'
import { startLoad } from './load.ts'
import { acknowledgedAtFault, scale } from './scale.ts'
import { assertAllIsWell, duplicates, type Stage, setStage } from './stage.ts'

const HOUR_MS = 3_600_000
/** Beside the true time: tomorrow, back, an hour ago, beyond all partitions, back. */
const STEPS_MS = [24 * HOUR_MS, 0, -HOUR_MS, 40 * 24 * HOUR_MS, 0]
const EVENTS_PER_SECOND = 400

test(
  'a clock that jumps a day ahead, an hour back and beyond all partitions refuses, loses, repeats and delays nothing',
  async () => {
    await using folder = await temporaryFolder()
    const clockFile = path.join(folder.path, 'clock')
    const environment = {
      NODE_OPTIONS: `--import=${pathToFileURL(path.join(import.meta.dirname, 'shift-clock.ts'))}`,
      CHAOS_CLOCK_FILE: clockFile,
    }
    // Every other request fails at first: its retry is planned by a clock that jumps before it is due.
    let requests = 0
    const behave = ({ nth }: { nth: number }) => {
      requests += 1
      return nth === 1 && requests % 2 === 0 ? 'fail' : 'ok'
    }
    await using stage = await setStage({ behave, environment })
    const { database, backend, organizationId } = stage
    const load = startLoad({
      endpoint: backend.endpoint,
      organizationId,
      events: scale.events,
      perSecond: EVENTS_PER_SECOND,
    })
    const steps = Math.ceil(scale.faults / 2) * STEPS_MS.length
    for (let n = 1; n <= steps; n += 1) {
      await load.untilAcknowledged(acknowledgedAtFault(n, steps))
      await step(stage, clockFile, { n, offsetMs: STEPS_MS[(n - 1) % STEPS_MS.length]! })
      await assertConsistent(database, load.acknowledged.keys())
    }
    await load.done
    expect(load.repeats).toBe(0)
    // No retry waits for the clock of before: this is fulfilled, or given up, within two minutes.
    expect(await duplicates(stage)).toBe(0)
    expect(await database.query('select count(*) > 0 as caught from event_default')).toEqual([{ caught: true }])
    await assertAllIsWell(stage, load)
  },
  scale.timeoutMs,
)

async function step({ server }: Stage, clockFile: string, to: { n: number; offsetMs: number }): Promise<void> {
  const text = `${to.offsetMs} for the ${to.n}. time`
  await writeFile(clockFile, text)
  process.kill(server.pid, 'SIGUSR2')
  await server.said(`clock ${text}`)
}
