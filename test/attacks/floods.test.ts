import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSession } from '../support/customer.ts'
import { type Answers, type Flooded, floods } from '../support/floods.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

// The five floods of one customer, each while another application publishes. How fast that is: npm run bench -- --only floods.

const ATTEMPTS = 100
const EVENTS = 20

let postrider: TestPostrider
let sink: Receiver
let flooded: Omit<Flooded, 'signal' | 'answers'>
let other: Backend
let otherOrganization: string
let target: Receiver
const log: string[] = []
beforeAll(async () => {
  postrider = await startTestPostrider({}, { onLog: (line) => log.push(line) })
  sink = await startReceiver()
  target = await startReceiver()
  const own = await postrider.application()
  const { organizationId, id } = await own.hook(sink.url)
  const session = await openSession(own, organizationId)
  const publish = (data: unknown) => own.publish({ organizationId, type: 'a', data })
  for (let n = 0; n < ATTEMPTS; n += 1) await publish({ x: 'y'.repeat(n % 10 === 0 ? 100_000 : 100) })
  flooded = { session, destinationId: id, eventType: 'a' }
  other = await postrider.application()
  otherOrganization = (await other.hook(target.url)).organizationId
})
afterAll(async () => {
  await sink[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
  await postrider[Symbol.asyncDispose]()
})

test.each(Object.keys(floods))('%s: another application’s events arrive, and the flood is refused', async (name) => {
  const controller = new AbortController()
  const answers = new Map<string, number>()
  const flooding = floods[name]!({ ...flooded, signal: controller.signal, answers })
  const before = target.requests.length
  try {
    for (let n = 1; n <= EVENTS; n += 1) {
      const publish = `mutation { eventPublish(input: { organizationId: "${otherOrganization}", type: "a", data: ${n} }) { event { id } } }`
      expect((await sendRaw(other.endpoint, publish)).codes).toEqual([])
      await target.request(before + n)
    }
    await until(() => refusedOf(answers) > 0)
  } finally {
    controller.abort()
  }
  await flooding
  expect(answers.get('INTERNAL')).toBeUndefined()
  expect((await sendRaw(other.endpoint, '{ viewer { kind } }')).codes).toEqual([])
  expect(log).toEqual([])
})

/** By code, or by the close of a socket that asks to come again. */
function refusedOf(answers: Answers): number {
  return (answers.get('RATE_LIMITED') ?? 0) + (answers.get('QUERY_TOO_COMPLEX') ?? 0) + (answers.get('1013') ?? 0)
}
