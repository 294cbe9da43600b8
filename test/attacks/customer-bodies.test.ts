import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openSession } from '../support/customer.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { fetchRaw, sendRaw } from '../support/raw-request.ts'
import { openWire, requestHead } from '../support/wire.ts'

// A customer's bodies: a megabyte is parsed in some milliseconds, five are not.

const MB = 1_024 * 1_024
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

const paths = [
  ['POST', '/graphql'],
  ['POST', '/api/webhooks-management'],
] as const

test.each(paths)('%s %s of more than a megabyte is 413 before its end', async (method, path) => {
  using wire = await openWire(session.url)
  const head = { authorization: `Bearer ${session.key}`, 'content-type': 'application/json' }
  wire.send(requestHead(method, path, { ...head, 'content-length': MB + 1 }))
  wire.send('{"query":"')
  expect(await wire.closed).toMatch(/^HTTP\/1\.1 413 .*at most 1048576 bytes/s)
})

test.each(paths)('%s %s of unknown length is cut off at a megabyte', async (method, path) => {
  using wire = await openWire(session.url)
  const head = { authorization: `Bearer ${session.key}`, 'content-type': 'application/json' }
  wire.send(requestHead(method, path, { ...head, 'transfer-encoding': 'chunked' }))
  wire.send(`${(MB + 1).toString(16)}\r\n${' '.repeat(MB + 1)}\r\n`)
  expect(await wire.closed).toMatch(/^HTTP\/1\.1 413 .*at most 1048576 bytes/s)
})

test('what fits is answered, chunked or not, and an application may send more', async () => {
  const body = (bytes: number) => JSON.stringify({ query: '{ viewer { kind } }' }).padEnd(bytes, ' ')
  const asSession = { authorization: `Bearer ${session.key}` }
  expect(await fetchRaw(session.url, { headers: asSession, body: body(MB) })).toMatchObject({ status: 200 })
  const chunked = { headers: asSession, body: new Blob([body(MB)]).stream(), duplex: 'half' } as RequestInit
  expect(await fetchRaw(session.url, chunked)).toMatchObject({ status: 200 })
  const asBackend = { authorization: `Bearer ${backend.endpoint.key}` }
  expect(await fetchRaw(session.url, { headers: asBackend, body: body(4 * MB) })).toMatchObject({ status: 200 })
})
