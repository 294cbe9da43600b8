import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { measureAttacks } from './attacks.ts'
import { measureBacklog } from './backlog.ts'
import { measureBareLoop } from './bare-loop.ts'
import { measureBatched } from './batched.ts'
import { measureFilters } from './filters.ts'
import { measureFloods } from './floods.ts'
import { benchGrowth } from './grow.ts'
import { measureGuard } from './guard.ts'
import { measureHanging } from './hanging.ts'
import { measureLatency, measureSqlPublish } from './latency.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { startBenchPostgres } from './postgres.ts'
import { machineCpu } from './proc.ts'
import { startBenchReceiver } from './receiver.ts'
import { measureRecovery } from './recovery.ts'
import { type BenchParts, type Measure, type Row, rateRow } from './row.ts'
import { startServer } from './server.ts'
import { measureSingle } from './single.ts'
import { measureStatements } from './statements.ts'
import { measureSubscribers } from './subscribers.ts'
import { describeMachine, renderTable } from './table.ts'
import { measureTwoWorkers } from './two-workers.ts'

// npm run bench [-- --quick] [--only NAME,NAME] [--json FILE] [--grow [--rows N]]: starts Postgres, a receiver and the product on this machine,
// and prints each figure beside a bare POST loop against the same receiver in the same run. Machines are noisy: the ratio
// and the CPU per delivery are what can be compared. It fails only when something breaks, never for a figure.

const measurements: Readonly<Record<string, Measure>> = {
  batched: measureBatched,
  single: measureSingle,
  latency: measureLatency,
  'sql-publish': measureSqlPublish,
  filters: measureFilters,
  attacks: measureAttacks,
  hanging: measureHanging,
  guard: measureGuard,
  backlog: measureBacklog,
  recovery: measureRecovery,
  subscribers: measureSubscribers,
  statements: measureStatements,
  'two-workers': measureTwoWorkers,
  floods: measureFloods,
}

const USAGE = `Usage: npm run bench -- [--quick] [--json FILE] [--only NAME,NAME], or [--grow] [--rows N]
NAME is one of ${Object.keys(measurements).join(', ')}`

interface Options {
  readonly isQuick: boolean
  readonly names: readonly string[]
  readonly jsonFile: string | undefined
  /** Instead of the measurements: grow to this number of attempts, and the queries over them. */
  readonly growTo: number | undefined
}

async function main(): Promise<void> {
  const options = readOptions()
  await using ledger = createLedger()
  const signal = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve())
  })
  const work = options.growTo ? benchGrowth(ledger, options.growTo) : run(options, ledger)
  const isBrokenOff = await Promise.race([work.then(() => false), signal.then(() => true)])
  if (isBrokenOff) process.exitCode = 130
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
      grow: { type: 'boolean', default: false },
      rows: { type: 'string', default: '10000000' },
    },
  })
  const names = values.only?.split(',') ?? Object.keys(measurements)
  const unknown = names.filter((name) => !Object.hasOwn(measurements, name))
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}. ${USAGE}`)
  const growTo = values.grow ? Number(values.rows) : undefined
  if (growTo !== undefined && !(growTo >= 1_000)) throw new Error(`--rows is at least 1000. ${USAGE}`)
  return { isQuick: values.quick, names, jsonFile: values.json, growTo }
}

async function run({ isQuick, names, jsonFile }: Options, ledger: Ledger): Promise<void> {
  const postgres = await ledger.keep(startBenchPostgres)
  const receiver = await ledger.keep(startBenchReceiver)
  const bare = isQuick ? { warm: 20_000, counted: 30_000 } : { warm: 40_000, counted: 60_000 }
  const barePerSecond = await measureBareLoop(receiver, bare)
  const what = 'bare undici POST loop, warm, 64 connections'
  const parts: BenchParts = {
    isQuick,
    receiver,
    postgres,
    barePerSecond,
    startServer: (options) => ledger.keep(() => startServer(postgres, options)),
  }
  const rows = [rateRow(parts, { what, perSecond: barePerSecond })]
  for (const name of names) rows.push(...(await measure(name, parts, ledger)))
  const again = await measureBareLoop(receiver, bare)
  rows.push(rateRow(parts, { what: 'the same again, at the end of the run', perSecond: again }))
  const machine = describeMachine(postgres.version)
  console.log(`\n${renderTable(rows, machine, isQuick)}\n`)
  if (!jsonFile) return
  const result = { date: new Date(), machine, isQuick, rows }
  await writeFile(jsonFile, `${JSON.stringify(result, null, 2)}\n`)
}

/** A measurement that breaks is told of, and makes the run fail in the end; the others are made all the same. */
async function measure(name: string, parts: BenchParts, ledger: Ledger): Promise<Row[]> {
  const startedAt = performance.now()
  const before = await machineCpu()
  try {
    const rows = await measurements[name]!(parts)
    const after = await machineCpu()
    const oursUs = after.oursUs - before.oursUs
    const takenByOthers = Math.max(0, after.busyUs - before.busyUs - oursUs) / (after.totalUs - before.totalUs)
    console.error(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
    return rows.map((row) => ({ ...row, takenByOthers }))
  } catch (error) {
    if (ledger.isClosed) throw error
    console.error(`${name} broke:`, error)
    process.exitCode = 1
    return []
  }
}

await main()
// A run that was broken off may still wait for something.
process.exit()
