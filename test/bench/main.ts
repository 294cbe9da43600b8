import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { createBackend } from '../support/postrider.ts'
import { bareLoop, batches, latencies, percentile, singles, type Target } from './load.ts'
import { startBenchReceiver, startBenchServer } from './processes.ts'

// npm run bench [-- --quick] [--json FILE]: starts a receiver, the product with its Postgres and the load on this machine,
// and prints each figure beside a bare POST loop against the same receiver in the same run. Machines are noisy: the
// ratio and the CPU per delivery are what can be compared.

interface Row {
  readonly what: string
  readonly value: string
  readonly ratio?: string
  readonly cpuUs?: number
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } } })
  const scale = values.quick ? 0.25 : 1
  await using receiver = await startBenchReceiver()
  await using server = await startBenchServer()
  const bare = await bareLoop(receiver, { warm: 40_000 * scale, counted: 60_000 * scale })
  const rows: Row[] = [{ what: 'bare undici POST loop', value: `${Math.round(bare)}/s`, ratio: '1.00' }]

  const backend = await createBackend({ url: server.process.url, key: server.process.printed.operatorKey })
  const { organizationId } = await backend.hook(receiver.url)
  const target: Target = { backend, organizationId, receiver }
  await batches(target, 5_000)

  const batched = 60_000 * scale
  const cpuBefore = await server.cpuUs()
  const delivered = await batches(target, batched)
  rows.push({
    what: 'published in batches of 100, delivered',
    value: `${Math.round(delivered)}/s`,
    ratio: (delivered / bare).toFixed(3),
    cpuUs: Math.round(((await server.cpuUs()) - cpuBefore) / batched),
  })
  const published = await singles(target, 12_000 * scale)
  rows.push({
    what: 'single eventPublish, 64 connections',
    value: `${Math.round(published)}/s`,
    ratio: (published / bare).toFixed(3),
  })
  const sorted = await latencies(target, 20 * scale)
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(sorted, share).toFixed(1))
  rows.push({ what: 'publish to receiver at 200/s, p50 / p95 / p99', value: `${p50} / ${p95} / ${p99} ms` })
  const memory = `${Math.round((await server.residentBytes()) / 1_048_576)} MB`
  rows.push({ what: 'resident memory of the server', value: memory })

  const machine = `${cpus().length} x ${cpus()[0]?.model}, node ${process.version}`
  console.log(`\n${machine}${values.quick ? ', --quick' : ''}`)
  console.table(Object.fromEntries(rows.map(({ what, ...figures }) => [what, figures])))
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, quick: values.quick, rows }, null, 2)}\n`)
}

await main()
