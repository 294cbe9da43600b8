import { expect } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { idToUuid } from '../../src/domain/id.ts'
import { makeCertificate, trustCertificate } from '../support/certificate.ts'
import { type Clock, injectClock } from '../support/clock.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Backend, createBackend, startTestPostrider } from '../support/postrider.ts'
import { type RawAnswer, type RawReceiver, type RawRequest, startRawReceiver } from '../support/raw-receiver.ts'
import { until } from '../support/until.ts'

// What the tests of the five products share: Postrider becomes one of them through the API alone, and its customer's
// server keeps what comes byte for byte.

export interface ProductOptions {
  readonly profile: documents.DeliveryProfileInput
  readonly catalogue: readonly documents.EventTypeUpsertInput[]
}

export interface Product extends AsyncDisposable {
  readonly backend: Backend
  readonly clock: Clock
  readonly receiver: RawReceiver
  readonly organizationId: string
  /** What the customer's server answers from now on. */
  answer(next: RawAnswer): void
  destination(fields?: Partial<Parameters<Backend['destination']>[0]>): Promise<{ id: string; secret: string }>
  publish(type: string, data: unknown): Promise<Published>
  state(destinationId: string): Promise<documents.DestinationFieldsFragment>
}

interface Published {
  readonly eventId: string
  /** As an envelope has it. */
  readonly createdAt: string
  readonly deliveryId: string
}

export async function becomeProduct({ profile, catalogue }: ProductOptions): Promise<Product> {
  await using stack = new AsyncDisposableStack()
  const certificate = makeCertificate('IP:127.0.0.1')
  stack.use(trustCertificate(certificate))
  const database = stack.use(await createTestDatabase())
  const clock = stack.use(await injectClock(database))
  const postrider = stack.use(await startTestPostrider({}, { database }))
  let next: RawAnswer = { status: 200 }
  const receiver = stack.use(await startRawReceiver(certificate, () => next))
  const backend = await createBackend(postrider.operator, { httpsOnly: true, ...profile })
  for (const type of catalogue) await backend.eventType(type.name, type)
  const organizationId = await backend.organization('customer-1')
  const owned = stack.move()
  return {
    backend,
    clock,
    receiver,
    organizationId,
    answer(given) {
      next = given
    },
    destination: (fields) => backend.destination({ organizationId, config: { url: receiver.url }, ...fields }),
    async publish(type, data) {
      const { id, deliveries } = await backend.publish({ organizationId, type, data })
      const { event } = await backend.send(documents.EventDocument, { id })
      return { eventId: id, createdAt: String(event!.createdAt), deliveryId: deliveries[0]!.id }
    },
    async state(id) {
      const { destination } = await backend.send(documents.DestinationDocument, { id })
      return destination!
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Head and body of a POST of Postrider, with headers of the product as they are spelled. */
export function rawPost(receiver: RawReceiver, headers: readonly string[], body: string): RawRequest['head'] {
  const own = ['content-type: application/json', ...headers]
  const fixed = [
    `host: ${receiver.host}`,
    'connection: keep-alive',
    ...own,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return ['POST /hook HTTP/1.1', ...fixed, '', body].join('\r\n')
}

/** The whole of it, as it came. */
export function rawOf({ head, body }: RawRequest): string {
  return `${head}\r\n\r\n${Buffer.from(body, 'latin1').toString('utf8')}`
}

export function uuidOf(id: string): string {
  return idToUuid(id as never)
}

/**
 * Publishes an event that always fails, and lets the time of each retry come: asserts that retry n is due this number of
 * seconds after attempt n, and that nothing comes after the last.
 */
export async function walkSchedule(product: Product, type: string, delaysS: readonly number[]): Promise<void> {
  const { backend, clock, receiver } = product
  product.answer({ status: 500 })
  const before = receiver.requests.length
  const { deliveryId } = await product.publish(type, {})
  const waits: number[] = []
  for (let n = 1; n <= delaysS.length; n += 1) {
    await receiver.request(before + n)
    const { startedAt, durationMs, retryAt } = await untilRecorded(backend, deliveryId, n)
    waits.push((Date.parse(retryAt!) - Date.parse(startedAt) - durationMs) / 1_000)
    await clock.advance(Date.parse(retryAt!) - Date.now())
  }
  expect(await backend.finished(deliveryId)).toMatchObject({ status: 'FAILED', attemptCount: delaysS.length + 1 })
  expect(waits.map((wait, i) => Math.abs(wait - delaysS[i]!) < 1)).toEqual(delaysS.map(() => true))
  expect(receiver.requests).toHaveLength(before + delaysS.length + 1)
}

async function untilRecorded(backend: Backend, deliveryId: string, number: number) {
  const read = async () => (await backend.send(documents.DeliveryDocument, { id: deliveryId })).delivery!.lastAttempt
  await until(async () => (await read())?.number === number)
  return (await read())!
}

/** Delivers one event, whatever becomes of it, and returns its delivery. */
export async function deliver(product: Product, type: string): Promise<documents.DeliveryFieldsFragment> {
  const { deliveryId } = await product.publish(type, { n: 1 })
  return product.backend.finished(deliveryId)
}

/** A person's switch, off and on again: the secret that signs is the same. */
export async function assertKeepsSecret(product: Product, id: string, secret: string | null): Promise<void> {
  const { backend } = product
  await backend.send(documents.DestinationUpdateDocument, { input: { id, active: false } })
  expect(await product.state(id)).toMatchObject({ active: false, disabledReason: 'MANUAL' })
  await backend.send(documents.DestinationUpdateDocument, { input: { id, active: true } })
  const { destinationSecretReveal } = await backend.send(documents.DestinationSecretRevealDocument, { input: { id } })
  expect(destinationSecretReveal.signingSecret).toBe(secret)
}
