import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import {
  DeliveryDocument,
  DeliveryRetryDocument,
  DestinationDeleteDocument,
  EventsPublishDocument,
} from '../src/client/generated/documents.ts'
import { type CircuitState, maxHeldMs, nextCircuit } from '../src/domain/circuit.ts'
import type { Uuid } from '../src/domain/id.ts'
import { freePort } from './support/free-port.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

const now = new Date('2026-11-21T10:00:00Z')
const closed: CircuitState = { circuitFailures: 0, probeAt: null, probeDelayS: null, probeDeliveryId: null }
const uuids = (...texts: string[]) => texts as Uuid<'dlv'>[]
const [p] = uuids('p')
const seconds = (n: number) => new Date(now.getTime() + n * 1_000)

test('a circuit opens after five in a row that reached nobody, and probes ever less often', () => {
  const four = nextCircuit(closed, { answered: false, unreachable: uuids('a', 'b', 'c', 'd') }, now)
  expect(four).toEqual({ ...closed, circuitFailures: 4 })
  let state = nextCircuit(four, { answered: false, unreachable: uuids('e') }, now)
  expect(state).toMatchObject({ circuitFailures: 5, probeAt: seconds(5), probeDelayS: 5 })
  const delays: (number | null)[] = []
  for (let n = 0; n < 8; n += 1) {
    state = nextCircuit({ ...state, probeDeliveryId: p! }, { answered: false, unreachable: [p!] }, now)
    delays.push(state.probeDelayS)
  }
  expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300, 300])
})

test('any answer closes it, and what was on its way when it opened moves no probe', () => {
  const open = { circuitFailures: 5, probeAt: seconds(5), probeDelayS: 5, probeDeliveryId: p! }
  expect(nextCircuit(open, { answered: true, unreachable: [] }, now)).toEqual(closed)
  expect(nextCircuit(open, { answered: false, unreachable: uuids('late') }, now)).toEqual({
    ...open,
    circuitFailures: 6,
  })
  expect(nextCircuit(closed, { answered: true, unreachable: uuids('a') }, now)).toEqual({
    ...closed,
    circuitFailures: 1,
  })
})

test('a delivery waits behind an open circuit as long as its schedule lasts, five minutes at least', () => {
  expect(maxHeldMs([])).toBe(300_000)
  expect(maxHeldMs([60, 3_600])).toBe(3_660_000)
})

test('a destination that cannot be reached gets a probe at a time, and all that waited once it is back', async () => {
  await using postrider = await startTestPostrider()
  const backend = await postrider.application({ retryDelays: [1, 1, 1, 1, 1, 1, 1, 1], retryJitter: 0 })
  const port = await freePort()
  const { organizationId } = await backend.hook(`http://127.0.0.1:${port}/hook`)
  const events = Array.from({ length: 40 }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
  await backend.send(EventsPublishDocument, { input: { events } })
  const circuit = () =>
    postrider.database.query<{ probe_at: Date | null; circuit_failures: number }>(
      'select probe_at, circuit_failures from destination_health',
    )
  await until(async () => (await circuit())[0]!.probe_at !== null)
  const tried = await attempts(postrider.database)

  // What is published now goes straight held.
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const [waiting] = await postrider.database.query<{ n: number }>(
    "select count(*)::int as n from waiting_delivery where state = 'HELD' and destination_id = (select destination_id from destination_health)",
  )
  expect(waiting!.n).toBeGreaterThan(0)
  expect((await backend.send(DeliveryDocument, { id: deliveries[0]!.id })).delivery).toMatchObject({
    status: 'PENDING',
    attemptCount: 0,
  })
  // Five, and those that were on their way with them.
  expect(tried).toBeLessThan(20)

  const seen = new Set<string>()
  const arrived = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    response.end()
    seen.add(String(request.headers['webhook-id']))
    if (seen.size === 41) arrived.resolve()
  }).listen(port, '127.0.0.1')
  await arrived.promise
  await backend.finished(deliveries[0]!.id)
  await until(async () => (await circuit())[0]!.probe_at === null)
  expect(await attempts(postrider.database, 'CONNECTION')).toBeLessThan(20)
  server.closeAllConnections()
  server.close()
}, 120_000)

test('what waited behind an open circuit for longer than its schedule lasts has failed, and says so', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application({ retryDelays: [60] })
  const { organizationId } = await backend.hook(receiver.url)
  await postrider.database.query(
    "update destination_health set circuit_failures = 5, probe_at = now() + interval '5 minutes', probe_delay_s = 300",
  )
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const { id } = deliveries[0]!
  await postrider.database.query("update delivery set next_attempt_at = now() - interval '6 minutes'")
  await postrider.database.query("update waiting_delivery set due_at = now() - interval '6 minutes'")
  await postrider.database.query('update destination_health set release_at = now()')
  expect(await backend.finished(id)).toMatchObject({ status: 'FAILED', attemptCount: 1 })
  const { delivery } = await backend.send(DeliveryDocument, { id })
  expect(delivery!.lastAttempt).toMatchObject({ request: null, errorMessage: expect.stringContaining('Given up') })
  expect(receiver.requests).toHaveLength(0)
})

test('a person who retries a delivery of a destination that cannot be reached gets an attempt at once', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  await postrider.database.query(
    "update destination_health set circuit_failures = 5, probe_at = now() + interval '5 minutes', probe_delay_s = 300",
  )
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  await backend.send(DeliveryRetryDocument, { input: { id: deliveries[0]!.id } })
  expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
  const [row] = await postrider.database.query('select probe_at from destination_health')
  expect(row).toEqual({ probe_at: null })
})

test('what waits for a destination that is deleted is cancelled', async () => {
  await using postrider = await startTestPostrider()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook('http://127.0.0.1:9/')
  await postrider.database.query(
    "update destination_health set circuit_failures = 5, probe_at = now() + interval '5 minutes', probe_delay_s = 300",
  )
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  await backend.send(DestinationDeleteDocument, { input: { id } })
  expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'CANCELLED', attemptCount: 0 })
})

type Database = Awaited<ReturnType<typeof startTestPostrider>>['database']

async function attempts(database: Database, kind?: string): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    'select count(*)::int as n from delivery_attempt where $1::text is null or failure_kind = $1',
    [kind ?? null],
  )
  return row!.n
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}
