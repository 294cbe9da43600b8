import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeliveryDocument } from '../../src/client/generated/documents.ts'
import { stageConnector } from '../support/connector-stage.ts'
import { startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

const log: string[] = []
let postrider: TestPostrider
beforeAll(async () => {
  const pluginsDir = path.join(import.meta.dirname, 'plugins')
  postrider = await startTestPostrider({}, { pluginsDir, onLog: (line) => log.push(line) })
})
afterAll(() => postrider[Symbol.asyncDispose]())

const ENDED = "The connector could not deliver: The connector's thread ended"

test.each([
  ['throws in the next tick', /Error\\n +at .*rogue/],
  ['throws from a timer', /Error\\n +at .*rogue/],
  ['throws from a socket', /Error\\n +at .*rogue/],
  ['emits an error', /Error\\n +at .*rogue/],
  ['spins', /It did not answer for 5 seconds/],
  ['fills the memory', /ERR_WORKER_OUT_OF_MEMORY/],
  ['ends the process', /It ended itself/],
])('a connector that %s costs its own attempts, which are tried again, and nothing else', async (how, said) => {
  await using hello = await startHello()
  const before = log.length
  const rogue = await stageConnector(postrider, { connector: 'rogue', config: { how, port: hello.port } })
  const { status, attemptCount, lastAttempt } = await rogue.deliver({})
  expect({ status, attemptCount }).toEqual({ status: 'FAILED', attemptCount: 2 })
  expect(lastAttempt).toMatchObject({
    outcome: 'RETRYABLE_FAILURE',
    failureKind: 'CONNECTOR_ERROR',
    errorMessage: ENDED,
  })
  expect(log.slice(before).filter((line) => /The thread of the connector rogue ended/.test(line))).toEqual([
    expect.stringMatching(said),
    expect.stringMatching(said),
  ])
  await expectWorks()
})

test('what a connector throws in a later turn is not logged in its own words, which may hold a password', () => {
  expect(log.join('')).not.toMatch(/in the next tick|from a socket/)
})

test('"test connection" and choices of fields are answered when the thread of their connector ends', async () => {
  const rogue = await stageConnector(postrider, { connector: 'rogue', config: { how: 'throws in the next tick' } })
  expect(await rogue.check()).toEqual([
    expect.objectContaining({ message: expect.stringContaining("The connector's thread ended") }),
  ])
  await expectWorks()
})

test('a rejection that nobody handles is logged, and no attempt fails', async () => {
  const rogue = await stageConnector(postrider, { connector: 'rogue', config: { how: 'rejects and nobody looks' } })
  expect((await rogue.deliver({})).status).toBe('SUCCEEDED')
  await until(() => log.some((line) => /The connector rogue leaves a rejected promise behind/.test(line)))
  expect(log.join('')).not.toContain('words of a library')
})

test('a result that cannot leave the thread is the fault of its attempt', async () => {
  const config = { how: 'returns what cannot be passed on' }
  const rogue = await stageConnector(postrider, { connector: 'rogue', config })
  expect((await rogue.deliver({})).lastAttempt).toMatchObject({
    failureKind: 'CONNECTOR_ERROR',
    errorMessage: expect.stringContaining('could not be cloned'),
  })
})

test('attempts that are in flight in a thread that ends are tried again, and then arrive', async () => {
  let release: (() => void) | undefined
  await using receiver = await startReceiver((_, n) => (response) => {
    // The first is answered when the thread has ended, which nobody hears.
    if (n === 1) release = () => response.end()
    else response.end()
  })
  const waiting = await stageConnector(postrider, { connector: 'rogue', config: { how: 'waits', url: receiver.url } })
  const { deliveries } = await waiting.backend.publish({ organizationId: waiting.organizationId, type: 'a', data: {} })
  await receiver.request(1)
  const config = { how: 'ends the process' }
  const rogue = await stageConnector(postrider, { connector: 'rogue', config }, { retryDelays: [] })
  await rogue.deliver({})
  await waiting.backend.finished(deliveries[0]!.id)
  release!()
  const { delivery } = await waiting.backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })
  expect(delivery!.attempts.nodes.find(({ number }) => number === 1)).toMatchObject({ errorMessage: ENDED })
})

/** The server answers, and the connector's next attempt arrives. */
async function expectWorks(): Promise<void> {
  expect((await fetch(`${postrider.url}/healthz`)).status).toBe(200)
  const works = await stageConnector(postrider, { connector: 'rogue', config: { how: 'works' } })
  expect(await works.deliver({})).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
}

/** Answers whatever it hears. */
async function startHello(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.write('hello')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}
