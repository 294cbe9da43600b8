import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Endpoint } from '../../src/client/request.ts'
import { openSession } from '../support/customer.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { openAcknowledged } from '../support/raw-socket.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { watchStatements } from '../support/watch-statements.ts'

// What one answer may hold, in bytes: a cost counts objects, and one of them may be a quarter of a megabyte.

const LIMIT = 1_000_000
const DATA = 'y'.repeat(100_000)
const EVENTS = 20

let postrider: TestPostrider
let backend: Backend
let session: Endpoint & { key: string }
let receiver: Receiver
beforeAll(async () => {
  postrider = await startTestPostrider({ POSTRIDER_LIMITS: `ANSWER_BYTES=${LIMIT},SESSION_COST=0,ORGANIZATION_COST=0` })
  backend = await postrider.application()
  receiver = await startReceiver()
  const { organizationId } = await backend.hook(receiver.url)
  await backend.destination({ organizationId, url: receiver.url, transform: '{"other": event.data.x}' })
  session = await openSession(backend, organizationId)
  for (let n = 0; n < EVENTS; n += 1) {
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: { x: DATA } })
    for (const { id } of deliveries) await backend.finished(id)
  }
})
afterAll(async () => {
  await receiver[Symbol.asyncDispose]()
  await postrider[Symbol.asyncDispose]()
})

const aliases = (count: number, field: string) => Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ')

test.each([
  ['event data', 'events(first: 100) { nodes { data } }'],
  [
    'bodies that are rendered and bodies that are stored',
    'deliveryAttempts(first: 100) { nodes { request { body } } }',
  ],
  [
    'both, under one another',
    'deliveryAttempts(first: 100) { nodes { request { body } delivery { event { data } } } }',
  ],
  ['data under deliveries', 'deliveries(first: 100) { nodes { attempts(first: 1) { nodes { request { body } } } } }'],
])('an answer with too much of %s is refused, and not more than it may hold is loaded', async (_, list) => {
  using watched = watchStatements()
  const answer = await sendRaw(session, `{ ${aliases(10, list)} }`)
  expect([answer.status, answer.codes, answer.root]).toEqual([400, ['QUERY_TOO_COMPLEX'], undefined])
  expect(answer.message).toBe('The answer has more than 1000000 bytes; ask for less (ANSWER_BYTES)')
  expect(answer.text.length).toBeLessThan(300)
  expect(loadedTexts(watched.statements)).toBeLessThanOrEqual(LIMIT / DATA.length)
  expect((await sendRaw(session, '{ viewer { kind } }')).codes).toEqual([])
})

test('lists that ask for no large text load none', async () => {
  using watched = watchStatements()
  const lists = ['events { nodes { id dataBytes } }', 'deliveryAttempts { nodes { id request { url } } }']
  expect((await sendRaw(session, `{ ${lists.join(' ')} }`)).codes).toEqual([])
  const asked = watched.statements.filter(({ connection }) => connection !== 'postrider pipeline')
  expect(asked.filter(({ text }) => /"data"|"request_body"|, data|\brequest_body,/.test(text))).toEqual([])
})

test('an answer below the limit comes whole', async () => {
  const { root } = await sendRaw(session, '{ events(first: 9) { nodes { data } } }')
  expect((root as { nodes: { data: unknown }[] }).nodes.map(({ data }) => data)).toEqual(Array(9).fill({ x: DATA }))
  const bodies = await sendRaw(session, '{ deliveryAttempts(first: 8) { nodes { request { body } } } }')
  const { nodes } = bodies.root as { nodes: { request: { body: string } }[] }
  expect(nodes.map(({ request }) => request.body.includes(DATA))).toEqual(Array(8).fill(true))
})

test('charts of more points than an answer may hold are refused, and no others are read', async () => {
  using watched = watchStatements()
  const spans = Array.from(
    { length: 20 },
    (_, n) => `s${n}: stats(range: { from: "-P60DT${n}H" }, bucket: HOUR) { attempts }`,
  )
  const answer = await sendRaw(session, `{ destinations { nodes { ${spans.join(' ')} } } }`)
  expect(answer.codes).toEqual(['QUERY_TOO_COMPLEX'])
  const pointsOfOne = 60 * 24 * 50
  const read = watched.statements.filter(({ text }) => text.includes('attempt_stats')).length
  expect(read).toBeLessThanOrEqual(LIMIT / pointsOfOne)
})

test('the name of a field cannot be made a text of its own', async () => {
  const long = 'x'.repeat(101)
  const answer = await sendRaw(session, `{ events(first: 100) { nodes { ${long}: id } } }`)
  expect([answer.codes, answer.message]).toEqual([
    ['QUERY_TOO_COMPLEX'],
    'The operation has alias length 101; at most 100',
  ])
})

test('an item of a subscription is an answer of its own, and the next one comes', async () => {
  await using raw = await openAcknowledged(postrider.url, session.key)
  const bodies = aliases(11, 'body')
  const query = `subscription { deliveryAttempts(last: 2) { ... on DeliveryAttemptRecorded { attempt { request { ${bodies} } } } cursor } }`
  raw.send({ id: '1', type: 'subscribe', payload: { query } })
  expect((await raw.next()).payload).toMatchObject({ data: { deliveryAttempts: { cursor: expect.any(String) } } })
  for (let n = 0; n < 2; n += 1) {
    expect((await raw.next()).payload).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
  }
  expect((await raw.next()).payload).toMatchObject({ data: { deliveryAttempts: { cursor: expect.any(String) } } })
})

/** How many texts the statements that load them asked for. */
function loadedTexts(statements: readonly { text: string; values: readonly unknown[] }[]): number {
  return statements
    .filter(({ text }) => /^select id, (data|request_body)/.test(text))
    .reduce((sum, { values }) => sum + (values[0] as string[]).length, 0)
}
