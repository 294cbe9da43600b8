import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { request } from '../../src/client/request.ts'
import { idToUuid, parseId } from '../../src/domain/id.ts'
import { startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

// What customers let us compute ends, and nobody else waits for it.

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const long = 'a'.repeat(250_000)
const numbers = Array.from({ length: 20_000 }, (_, n) => n)
const bombs: [filter: string, data: Record<string, unknown>][] = [
  ['"a".replace("", "", 9223372036854775807) == "a"', {}],
  ['event.data.s.replace("a", "b") == ""', { s: long }],
  ['event.data.s.split("a").map(x, event.data.s.split("a").map(y, x + y)).size() == 0', { s: long }],
  ['event.data.l.all(x, event.data.l.all(y, x + y >= 0.0))', { l: numbers }],
  ['event.data.s.matches("^(([a-z]{1,30}){1,30})*[0-9]$")', { s: long }],
  [`size(${Array(110).fill('event.data.s').join('+')}) == 1`, { s: long }],
]

describe('an expression that would take minutes', () => {
  test.each(bombs)('%s is refused by a preview, and another one’s events arrive meanwhile', async (filter, data) => {
    await using stage = await prepare()
    const [errors] = await Promise.all([stage.preview(filter, data), stage.deliverAnother()])
    expect(errors).toEqual([
      expect.objectContaining({ code: 'EXPRESSION_INVALID', message: expect.stringMatching(/more than \d+ (ms|MB)/) }),
    ])
  })

  test.each(bombs.slice(0, 3))('%s as a filter costs its own deliveries only', async (filter, data) => {
    await using stage = await prepare()
    await stage.setFilter(filter)
    const { deliveries } = await stage.publish(data)
    const [delivery] = await Promise.all([stage.backend.finished(deliveries[0]!.id), stage.deliverAnother()])
    const [attempt] = await stage.attemptsOf(delivery.id)
    expect(delivery.status).toBe('FAILED')
    expect(attempt).toMatchObject({
      outcome: 'PERMANENT_FAILURE',
      failureKind: 'CONNECTOR_ERROR',
      errorMessage: expect.stringMatching(/^The destination's filter failed: it took more than \d+ ms$/),
    })
  })
})

test('a delivery whose workers were lost is given up before its filter is evaluated', async () => {
  await using stage = await prepare()
  await stage.setFilter('event.data.nope == 1')
  const deliverAt = new Date(Date.now() + 3_600_000).toISOString()
  const { deliveries } = await stage.publish({}, deliverAt)
  const uuid = idToUuid(parseId('dlv', deliveries[0]!.id)!)
  await postrider.database.query(
    `with gone as (delete from waiting_delivery where delivery_id = $1)
     insert into pgboss.job (id, name, data, retry_count) values ($1, 'delivery', '{}', 4)`,
    [uuid],
  )
  const delivery = await stage.backend.finished(deliveries[0]!.id)
  const [attempt] = await stage.attemptsOf(delivery.id)
  expect(attempt!.errorMessage).toBe('Given up: its worker was lost 4 times')
})

test('a destination whose expressions take over 1 s of CPU time waits, and its owner sees why', async () => {
  await using stage = await prepare()
  await stage.setFilter('event.data.l.all(x, event.data.l.all(y, x + y >= 0.0))')
  for (let n = 0; n < 40; n += 1) await stage.publish({ l: numbers.slice(0, 2_000) })
  const waitingReason = async () => {
    const { destination } = await stage.backend.send(documents.DestinationDocument, { id: stage.destinationId })
    return destination!.waitingReason
  }
  await until(async () => (await waitingReason()) !== null)
  const limits = await stage.limits()
  expect(limits.get('DESTINATION_CPU_MS')).toMatchObject({ max: 1_000, resetsAt: expect.stringMatching(/^20\d\d-/) })
  expect(limits.get('DESTINATION_CPU_MS')!.used).toBeGreaterThan(1_000)
  expect(limits.get('ORGANIZATION_CPU_MS')).toMatchObject({ max: 5_000, used: limits.get('DESTINATION_CPU_MS')!.used })
  expect(await waitingReason()).toMatch(
    /^Its filter and transform take too much CPU time; its deliveries go on at 20\d\d-/,
  )
  await stage.deliverAnother()
})

async function prepare() {
  const receiver = await startReceiver()
  const [backend, other] = [await postrider.application(), await postrider.application()]
  const { organizationId, id } = await backend.hook(receiver.url)
  const another = await other.hook(receiver.url)
  const session = await backend.send(documents.PortalSessionCreateDocument, { input: { organizationId } })
  const customer = { url: postrider.url, key: session.portalSessionCreate.token! }
  return {
    backend,
    destinationId: id,
    /** As a customer in the portal. */
    async preview(filter: string, data: unknown) {
      const input = { connector: 'webhook', config: { url: receiver.url }, eventType: 'a', filter, data }
      const { destinationPreview } = await request(customer, documents.DestinationPreviewDocument, { input })
      return destinationPreview.userErrors
    },
    async limits() {
      const { root } = await sendRaw(customer, '{ viewer { limits { name max used resetsAt } } }')
      const { limits } = root as { limits: { name: string; max: number; used: number; resetsAt: string | null }[] }
      return new Map(limits.map((limit) => [limit.name, limit]))
    },
    async setFilter(filter: string) {
      const input = { id, filter }
      const { destinationUpdate } = await request(customer, documents.DestinationUpdateDocument, { input })
      expect(destinationUpdate.userErrors).toEqual([])
    },
    publish: (data: unknown, deliverAt?: string) => backend.publish({ organizationId, type: 'a', data, deliverAt }),
    async attemptsOf(deliveryId: string) {
      const { delivery } = await backend.send(documents.DeliveryDocument, { id: deliveryId })
      return delivery!.attempts.nodes
    },
    async deliverAnother() {
      const { deliveries } = await other.publish({ organizationId: another.organizationId, type: 'a', data: {} })
      expect(await other.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}
