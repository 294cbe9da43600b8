import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeliveryDocument } from '../src/client/generated/documents.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('a published event reaches its destination as a signed webhook', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  await backend.eventType('inquiry.received')
  const organizationId = await backend.organization('acme')
  const { secret } = await backend.destination({ organizationId, url: receiver.url })
  const data = { zebra: 1, apple: { nested: ['ü', null, true] } }

  const { id, deliveries } = await backend.publish({ organizationId, type: 'inquiry.received', data })

  const request = await receiver.request(1)
  expect(request.method).toBe('POST')
  expect(request.headers['content-type']).toBe('application/json')
  expect(request.headers['webhook-id']).toBe(id)
  const verified = new Webhook(secret).verify(request.body, request.headers as Record<string, string>)
  expect(verified).toMatchObject({ id, type: 'inquiry.received', data })
  expect(request.body).toMatch(
    new RegExp(
      `^\\{"id":"${id}","type":"inquiry.received","timestamp":"[^"]+Z","data":\\{"zebra":1,"apple":\\{"nested":\\["ü",null,true\\]\\}\\}\\}$`,
    ),
  )
  expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
})

test('the attempt is recorded with its request, its response and its time', async () => {
  await using receiver = await startReceiver(() => (response) => {
    response.writeHead(201, { 'x-trace': 't1', 'set-cookie': 'session=1' }).end('stored')
  })
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: { n: 1 } })
  await backend.finished(deliveries[0]!.id)

  const { delivery } = await backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  const attempt = delivery!.lastAttempt!
  expect(attempt).toMatchObject({ number: 1, outcome: 'SUCCESS', failureKind: null, retryAt: null })
  expect(attempt.request).toMatchObject({ method: 'POST', url: receiver.url, body: receiver.requests[0]!.body })
  expect(attempt.response).toMatchObject({ statusCode: 201, body: 'stored', sizeBytes: 6, truncated: false })
  expect(attempt.response!.headers).toContainEqual({ name: 'x-trace', value: 't1', redacted: false })
  expect(attempt.response!.headers).toContainEqual({ name: 'set-cookie', value: '[redacted]', redacted: true })
})
