import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const LOOK_EVERY_MS = 15_000
/** Share of the time in which a process at rest does something. */
const AT_REST = 0.05
/** Against what was left the last time. */
const GROWTH = 1.2

type Collect = (options: { type: 'major'; execution: 'async'; flavor: 'last-resort' }) => Promise<void>

/** V8 keeps the memory of a burst until something new is allocated. A process that rests gives it back. */
export function releaseMemoryAtRest(): void {
  // The one way to ask for it.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as Collect
  let before = performance.eventLoopUtilization()
  let leftBytes = 0
  const look = async () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (utilization > AT_REST || process.memoryUsage.rss() < leftBytes * GROWTH) return
    await collect({ type: 'major', execution: 'async', flavor: 'last-resort' })
    leftBytes = process.memoryUsage.rss()
  }
  setInterval(() => void look(), LOOK_EVERY_MS).unref()
}
