import { parseArgs } from 'node:util'
import { provideSdk } from '../../src/connector/provide-sdk.ts'
import { fuzzConnector } from './fuzz-connector.ts'

// npm run fuzz -- --minutes N --seed S --connector KEY: the connectors that open sockets, against servers that mean harm, for N
// minutes. Ends with 1 when one of them throws where nobody can catch it, hangs, or reads without end.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    connector: { type: 'string', multiple: true, default: ['redis', 'rabbitmq', 'smtp'] },
  },
})
const minutes = Number(values.minutes)
const firstSeed = Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(firstSeed)) throw new Error('--minutes is over 0, and --seed an integer')

/** Calls of each method in a round: about ten seconds for all. */
const CALLS = 100

provideSdk()
const connectors = await Promise.all(
  values.connector.map(async (key) => ({ key, definition: (await import(`../../plugins/${key}/index.ts`)).default })),
)
const endsAtMs = performance.now() + minutes * 60_000
const problems: string[] = []
let [calls, longestMs, seed] = [0, 0, firstSeed]
console.log(`Seed ${firstSeed}, ${minutes} minutes, ${values.connector.join(', ')}`)
for (; performance.now() < endsAtMs; seed += CALLS) {
  for (const { key, definition } of connectors) {
    const report = await fuzzConnector(definition, { seed, calls: CALLS })
    calls += report.calls
    longestMs = Math.max(longestMs, report.longestMs)
    for (const problem of report.problems) console.log(`${key}: ${problem}`)
    problems.push(...report.problems)
  }
}
const uncaught = problems.filter((problem) => problem.includes('nobody can catch it')).length
console.log(
  `${calls} calls of seeds ${firstSeed} to ${seed - 1}: ${uncaught} uncaught, ${problems.length - uncaught} other problems, longest call ${Math.round(longestMs)} ms`,
)
process.exit(problems.length > 0 ? 1 : 0)
