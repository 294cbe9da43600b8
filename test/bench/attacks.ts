import { setTimeout as pause } from 'node:timers/promises'
import { openSession } from '../support/customer.ts'
import { stalls } from '../support/stalls.ts'
import { type Child, startChild } from './child.ts'
import { createCustomers } from './customers.ts'
import { inParallel } from './pace.ts'
import type { Waited } from './probe-process.ts'
import type { BenchParts, Row } from './row.ts'
import type { BenchServer } from './server.ts'
import type { StartStall } from './stall-process.ts'

/** How long the event loop stands still while somebody tries to hold it up, and what memory is left of it. */
export async function measureAttacks(parts: BenchParts): Promise<Row[]> {
  const { isQuick } = parts
  const seconds = isQuick ? 2 : 10
  await using server = await parts.startServer()
  const target = await prepareTarget(parts, server)
  const { child } = await startChild('probe-process.ts')
  await using probe = child
  const waited = () => longestWait(probe, { url: target.url, seconds })
  await waited()
  const beforeBytes = await server.memoryBytes()
  const rows: Row[] = []
  for (const name of Object.keys(stalls)) {
    // Just before each, so that a machine that slows down meanwhile slows both.
    const idle = await waited()
    rows.push(rowOf(name, { idle, ...(await whileStalled({ ...target, name }, waited)) }))
  }
  await pause(isQuick ? 5_000 : 60_000)
  const restBytes = await server.memoryBytes()
  return [...rows, memoryRow(beforeBytes, restBytes)]
}

type Answers = readonly (readonly [answer: string, count: number])[]

interface Attacked {
  readonly attacked: Waited
  readonly answers: Answers
}

async function whileStalled(start: StartStall, work: () => Promise<Waited>): Promise<Attacked> {
  const { child } = await startChild('stall-process.ts')
  await using stalling = child
  await stalling.ask(start)
  const attacked = await work()
  return { attacked, answers: await stalling.ask<Answers>({}) }
}

async function longestWait(probe: Child, { url, seconds }: { url: string; seconds: number }): Promise<Waited> {
  await probe.ask({ url })
  await pause(seconds * 1_000)
  return probe.ask<Waited>({})
}

function rowOf(name: string, { idle, attacked, answers }: Attacked & { readonly idle: Waited }): Row {
  const answered = answers.map(([answer, count]) => `${answer} ${count} x`).join(', ')
  const ratio = attacked.longest / idle.longest
  return {
    what: `the longest that anybody waits for /healthz during ${name}`,
    figure: `${attacked.longest.toFixed(0)} ms (p99 ${attacked.p99.toFixed(1)}), ${ratio.toFixed(1)} x the ${idle.longest.toFixed(0)} ms of an idle server (answered: ${answered})`,
    numbers: { attackedMs: attacked.longest, attackedP99Ms: attacked.p99, idleMs: idle.longest, ratio },
    atLeast: 'under 5 x',
  }
}

function memoryRow(beforeBytes: number, restBytes: number): Row {
  const ratio = restBytes / beforeBytes
  const megabytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MB`
  return {
    what: 'resident memory after all of it and a rest',
    figure: `${megabytes(restBytes)}, ${ratio.toFixed(2)} x the ${megabytes(beforeBytes)} before`,
    numbers: { restBytes, beforeBytes, ratio },
    atLeast: 'under 1.3 x',
  }
}

/** A customer with 100 attempts of large events. */
async function prepareTarget({ receiver }: BenchParts, server: BenchServer): Promise<Omit<StartStall, 'name'>> {
  await using customers = await createCustomers(server, { count: 1, url: () => `${receiver.origin}/hook` })
  const { backend, organizationIds } = customers
  const organizationId = organizationIds[0]!
  await backend.eventType('slow', { payloadSchema: { type: 'array', uniqueItems: true } })
  await inParallel(8, 100, async () => {
    await backend.publish({ organizationId, type: 'a', data: { x: 'y'.repeat(200_000) } })
  })
  const { key: session } = await openSession(backend, organizationId)
  const { url, key } = backend.endpoint
  return { url, key: key!, session, organizationId, types: { any: 'a', slow: 'slow' } }
}
