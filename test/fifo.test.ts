import { expect, test } from 'vitest'
import { EventsPublishDocument } from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider } from './support/postrider.ts'
import { type ReceivedRequest, startReceiver } from './support/receiver.ts'

test.concurrent('a FIFO destination gets events one at a time, in the order of publishing, and retries hold back what follows', async () => {
  await using postrider = await startTestPostrider()
  await using _second = await startTestPostrider({}, { database: postrider.database })
  let inFlight = 0
  let most = 0
  const tries = new Map<number, number>()
  await using receiver = await startReceiver((request) => (response) => {
    inFlight += 1
    most = Math.max(most, inFlight)
    const n = numberOf(request)
    const nth = (tries.get(n) ?? 0) + 1
    tries.set(n, nth)
    // Every seventh fails at first.
    setTimeout(() => {
      inFlight -= 1
      response.writeHead(n % 7 === 3 && nth === 1 ? 500 : 200).end()
    }, 2)
  })
  const backend = await postrider.application({ retryDelays: [1, 1], retryJitter: 0 })
  const organizationId = await fifo(backend, receiver.url)
  await publishMany(backend, organizationId, { from: 0, count: 20 })
  for (let n = 20; n < 30; n += 1) await backend.publish({ organizationId, type: 'a', data: { n } })
  await receiver.request(34)
  const order = receiver.requests.map(numberOf)
  const wanted = Array.from({ length: 30 }, (_, n) => (n % 7 === 3 ? [n, n] : [n])).flat()
  expect(order).toEqual(wanted)
  expect(most).toBe(1)
}, 120_000)

test.concurrent('one that is given up lets go of the line', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver((request) => (numberOf(request) === 0 ? 500 : 200))
  const backend = await postrider.application({ retryDelays: [1], retryJitter: 0 })
  const organizationId = await fifo(backend, receiver.url)
  await publishMany(backend, organizationId, { from: 0, count: 3 })
  await receiver.request(4)
  expect(receiver.requests.map(numberOf)).toEqual([0, 0, 1, 2])
})

test.concurrent('a scheduled event joins the line when it is due', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const organizationId = await fifo(backend, receiver.url)
  const deliverAt = new Date(Date.now() + 1_000).toISOString()
  await backend.publish({ organizationId, type: 'a', data: { n: 0 }, deliverAt })
  await publishMany(backend, organizationId, { from: 1, count: 2 })
  await receiver.request(3)
  await backend.publish({ organizationId, type: 'a', data: { n: 3 } })
  await receiver.request(4)
  expect(receiver.requests.map(numberOf)).toEqual([1, 2, 0, 3])
})

test.concurrent('the line of one destination holds up no other', async () => {
  await using postrider = await startTestPostrider()
  await using stuck = await startReceiver(() => 500)
  await using receiver = await startReceiver()
  const backend = await postrider.application({ retryDelays: [3_600] })
  const organizationId = await fifo(backend, stuck.url)
  await backend.destination({ organizationId, url: receiver.url })
  await publishMany(backend, organizationId, { from: 0, count: 10 })
  await receiver.request(10)
  await stuck.request(1)
  expect(stuck.requests).toHaveLength(1)
})

async function fifo(backend: Backend, url: string): Promise<string> {
  await backend.eventType('a')
  const organizationId = await backend.organization()
  await backend.destination({ organizationId, url, ordering: 'FIFO' })
  return organizationId
}

async function publishMany(
  backend: Backend,
  organizationId: string,
  { from, count }: { from: number; count: number },
): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({ organizationId, type: 'a', data: { n: from + i } }))
  await backend.send(EventsPublishDocument, { input: { events } })
}

function numberOf({ body }: ReceivedRequest): number {
  return JSON.parse(body).data.n
}
