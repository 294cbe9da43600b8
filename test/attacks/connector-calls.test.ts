import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Endpoint } from '../../src/client/request.ts'
import { openSession } from '../support/customer.ts'
import { startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

// What a service of the customer's choice can make a connector do while it is asked.

let postrider: TestPostrider
let session: Endpoint & { key: string }
let service: Receiver
let channels: readonly object[]
beforeAll(async () => {
  // Refilled slowly.
  postrider = await startTestPostrider({ POSTRIDER_LIMITS: 'SESSION_COST=2000' })
  const backend = await postrider.application()
  session = await openSession(backend, await backend.organization())
  service = await startReceiver(() => (response) => {
    const response_metadata = { next_cursor: `c${service.requests.length}` }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ ok: true, channels, response_metadata }))
  })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await postrider[Symbol.asyncDispose]()
})

async function ask() {
  const before = service.requests.length
  const query =
    'mutation ($input: ConnectorFieldOptionsInput!) { connectorFieldOptions(input: $input) { userErrors { message } } }'
  const config = { apiUrl: `${service.url}/` }
  const credentials = { botToken: 'xoxb-my-own-0123456789' }
  const input = { connector: 'slack', field: 'channel', config, credentials }
  const { root } = await sendRaw(session, query, { input })
  const [problem] = (root as { userErrors: { message: string }[] }).userErrors
  return { message: problem?.message, requests: service.requests.length - before }
}

test('pages without end are given up after 100 requests, which count as cost', async () => {
  channels = []
  const { message, requests } = await ask()
  expect(requests).toBe(100)
  expect(message).toMatch(/over 100 requests/)
  const { root } = await sendRaw(session, '{ viewer { limits { name used } } }')
  const { limits } = root as { limits: { name: string; used: number }[] }
  expect(limits.find(({ name }) => name === 'SESSION_COST')!.used).toBeGreaterThan(300)
})

test('pages of a megabyte each are given up after 20 MB, which the session pays for', async () => {
  // None that counts as found.
  channels = [{ name: 'x'.repeat(1_000_000) }]
  const { message, requests } = await ask()
  expect(requests).toBeLessThanOrEqual(21)
  expect(message).toMatch(/over 20000000 bytes/)
  expect((await sendRaw(session, '{ viewer { kind } }')).message).toMatch(/SESSION_COST/)
})
