import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { DeliveryDocument } from '../src/client/generated/documents.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

test('an attempt whose lease was lost settles nothing: what counts is the attempt of the new holder', async () => {
  await using postrider = await startTestPostrider()
  const held: ServerResponse[] = []
  await using receiver = await startReceiver(() => (response) => void held.push(response))
  const backend = await postrider.application({ retryDelays: [3_600] })
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const { id } = deliveries[0]!
  await receiver.request(1)
  // What pg-boss does when it has not heard of a holder for too long. The next claim is then a new lease.
  await postrider.database.query(
    "update pgboss.job set state = 'retry', retry_count = retry_count + 1, started_on = null, heartbeat_on = null",
  )
  await receiver.request(2)

  held[0]!.writeHead(500).end()
  // Whatever is settled after it went the same way, and later.
  const other = await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(3)
  held[2]!.writeHead(200).end()
  await backend.finished(other.deliveries[0]!.id)
  expect((await backend.send(DeliveryDocument, { id })).delivery).toMatchObject({ status: 'PENDING', attemptCount: 0 })

  held[1]!.writeHead(200).end()
  expect(await backend.finished(id)).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
  const { delivery } = await backend.send(DeliveryDocument, { id })
  expect(delivery!.attempts.nodes.map((attempt) => attempt.outcome)).toEqual(['SUCCESS'])
})

test('a delivery whose holders were lost three times is given up, and says so', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver((_, n) => (n === 1 ? () => undefined : 200))
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const { id } = deliveries[0]!
  await receiver.request(1)
  await postrider.database.query(
    "update pgboss.job set state = 'retry', retry_count = 3, started_on = null, heartbeat_on = null",
  )
  expect(await backend.finished(id)).toMatchObject({ status: 'FAILED', attemptCount: 1 })
  const { delivery } = await backend.send(DeliveryDocument, { id })
  expect(delivery!.lastAttempt).toMatchObject({ errorMessage: 'Given up: its worker was lost 3 times', request: null })
  expect(receiver.requests).toHaveLength(1)
})
