import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openSession } from '../support/customer.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { openAcknowledged } from '../support/raw-socket.ts'

// Variables of a customer: each entry is looked at several times on the event loop, so they are counted first.

let postrider: TestPostrider
let backend: Backend
let session: { url: string; key: string }
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
  session = await openSession(backend, await backend.organization())
})
afterAll(() => postrider[Symbol.asyncDispose]())
afterEach(async () => {
  expect(await sendRaw(session, '{ viewer { kind } }')).toMatchObject({ status: 200, codes: [] })
})

const DELIVERIES = 'query ($d: [ID!]) { deliveries(filter: { destinationIds: $d }) { nodes { id } } }'
const TWICE = `query ($c: [ID!], $d: [ID!]) {
  a: deliveries(filter: { destinationIds: $c }) { nodes { id } }
  b: deliveries(filter: { destinationIds: $d }) { nodes { id } }
}`
const CREATE = 'mutation ($input: DestinationCreateInput!) { destinationCreate(input: $input) { userErrors { code } } }'
const many = (count: number, value: unknown) => Array.from({ length: count }, () => value)
const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`lable${n}`, 1]))

test.each<[what: string, query: string, variables: Record<string, unknown>, message: string]>([
  ['a list of ids', DELIVERIES, { d: many(120_000, 'dst_x') }, 'd: holds more than 20000 entries'],
  ['a list of what are no ids', DELIVERIES, { d: many(120_000, 1.5) }, 'd: holds more than 20000 entries'],
  [
    'two lists together',
    TWICE,
    { c: many(15_000, 'dst_x'), d: many(15_000, 'dst_x') },
    'd: holds more than 20000 entries',
  ],
  ['an object of unknown fields', CREATE, { input: fields(50_000) }, 'input: holds more than 20000 entries'],
  ['fewer entries, each of them wrong', DELIVERIES, { d: many(19_000, 1.5) }, 'Too many errors'],
  ['fewer fields, each of them unknown', CREATE, { input: fields(19_000) }, 'Too many errors'],
])('%s is refused as it is counted', async (_, query, variables, message) => {
  const answer = await sendRaw(session, query, variables)
  expect(answer).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] })
  expect(answer.text).toContain(message)
  expect(answer.text.length).toBeLessThan(20_000)
})

test('over a socket too', async () => {
  await using socket = await openAcknowledged(session.url, session.key)
  const query = 'subscription ($d: [ID!]) { deliveryAttempts(filter: { destinationIds: $d }) { cursor } }'
  socket.send({ id: '1', type: 'subscribe', payload: { query, variables: { d: many(30_000, 'dst_x') } } })
  expect(await socket.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
})

test('data of an event is not counted: it has a limit of its own', async () => {
  await backend.eventType('a')
  const data = many(60_000, 1)
  const { deliveries } = await backend.publish({ organizationExternalId: 'acme', type: 'a', data })
  expect(deliveries).toEqual([])
})
