import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  DestinationDocument,
  DestinationSecretRevealDocument,
  DestinationSecretRotateDocument,
} from '../src/client/generated/documents.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type ReceivedRequest, startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('during the overlap both secrets sign, and afterwards the new one alone', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id, secret: old } = await backend.hook(receiver.url)
  const publish = () => backend.publish({ organizationId, type: 'a', data: {} })
  await publish()
  const before = await receiver.request(1)
  expect(signatures(before)).toHaveLength(1)

  const askedAt = Date.now()
  const rotated = await backend.send(DestinationSecretRotateDocument, { input: { id, overlapSeconds: 600 } })
  const { signingSecret, previousExpiresAt } = rotated.destinationSecretRotate
  expect(signingSecret).not.toBe(old)
  expect(Date.parse(previousExpiresAt!)).toBeGreaterThanOrEqual(askedAt + 600_000)
  expect((await backend.send(DestinationDocument, { id })).destination!.signingSecrets).toHaveLength(2)
  expect(
    (await backend.send(DestinationSecretRevealDocument, { input: { id } })).destinationSecretReveal,
  ).toMatchObject({
    signingSecret,
  })
  await publish()
  const during = await receiver.request(2)
  expect(signatures(during)).toHaveLength(2)
  verify(during, old)
  verify(during, signingSecret!)

  await backend.send(DestinationSecretRotateDocument, {
    input: { id, secret: 'a-secret-of-ones-own', overlapSeconds: 0 },
  })
  await publish()
  const after = await receiver.request(3)
  expect(signatures(after)).toHaveLength(1)
  expect(() => verify(after, signingSecret!)).toThrow()
  expect(() => verify(after, old)).toThrow()
  verify(after, 'a-secret-of-ones-own', { format: 'raw' })
})

function signatures(request: ReceivedRequest): string[] {
  return String(request.headers['webhook-signature']).split(' ')
}

function verify(request: ReceivedRequest, secret: string, options?: { format: 'raw' }): void {
  new Webhook(secret, options).verify(request.body, request.headers as Record<string, string>)
}
