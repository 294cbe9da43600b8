import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DeliveryDocument,
  DestinationDocument,
  DestinationUpdateDocument,
  type HttpHeaderInput,
} from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const TOKEN = 'token-of-the-customer-4711'

describe('a header is refused, and its place is named', () => {
  const many = Array.from({ length: 21 }, (_, n) => ({ name: `X-${n}`, value: 'x' }))
  test.each<[what: string, headers: HttpHeaderInput[], place: string, code: string]>([
    ...['Host', 'Connection', 'Content-Length', 'content-type', 'Cookie', 'TE', 'Expect', 'Sec-Fetch-Mode', 'Via']
      .concat([
        'Proxy-Authorization',
        'X-Forwarded-For',
        'X-Real-IP',
        'Forwarded',
        'Accept-Encoding',
        'Date',
        'Upgrade',
      ])
      .map((name): [string, HttpHeaderInput[], string, string] => [name, [{ name, value: 'x' }], '0.name', 'INVALID']),
    ['webhook-id', [{ name: 'Webhook-Id', value: 'x' }], '0.name', 'INVALID'],
    ["one of the profile's", [{ name: 'x-event', value: 'x' }], '0.name', 'INVALID'],
    ['a name that is no token', [{ name: 'X: Y', value: 'x' }], '0.name', 'INVALID'],
    ['an empty name', [{ name: '', value: 'x' }], '0.name', 'INVALID'],
    [
      'a name twice',
      [
        { name: 'X-A', value: 'x' },
        { name: 'x-a', value: 'y' },
      ],
      '1.name',
      'INVALID',
    ],
    ['a line break', [{ name: 'X-A', value: 'x\r\nHost: y' }], '0.value', 'INVALID'],
    ['no ASCII', [{ name: 'X-A', value: 'é' }], '0.value', 'INVALID'],
    ['too long a value', [{ name: 'X-A', value: 'x'.repeat(1_025) }], '0.value', 'INVALID'],
    ['a space at the end', [{ name: 'X-A', value: 'x ' }], '0.value', 'INVALID'],
    ['no value where none is stored', [{ name: 'X-A' }], '0.value', 'REQUIRED'],
    ['too many', many, '', 'LIMIT_EXCEEDED'],
  ])('%s', async (_, headers, place, code) => {
    const backend = await postrider.application({ headers: [{ name: 'X-Event', source: 'TYPE' }] })
    const { id } = await backend.hook('http://127.0.0.1:9/')
    const path = ['input', 'headers', ...place.split('.').filter(Boolean)]
    expect(await update(backend, id, headers)).toMatchObject([{ code, path }])
  })
})

test('a secret value is never shown again, and is kept by an update that leaves it out', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  await update(backend, id, [
    { name: 'X-Token', value: TOKEN },
    { name: 'X-Team', value: 'red', secret: false },
  ])
  const shown = [
    { name: 'X-Token', value: '[redacted]', redacted: true },
    { name: 'X-Team', value: 'red', redacted: false },
  ]
  expect(await headersOf(backend, id)).toEqual(shown)
  expect(await update(backend, id, [{ name: 'x-token' }, { name: 'X-Team', secret: false }])).toEqual([])
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  expect((await receiver.request(1)).headers).toMatchObject({ 'x-token': TOKEN, 'x-team': 'red' })

  await backend.finished(deliveries[0]!.id)
  const { delivery } = await backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  const recorded = delivery!.lastAttempt!.request!.headers
  expect(recorded).toContainEqual({ name: 'x-token', value: '[redacted]', redacted: true })
  expect(recorded).toContainEqual({ name: 'X-Team', value: 'red', redacted: false })
  const dump = await postrider.database.query<{ row: string }>(
    'select t::text as row from destination t union all select t::text from delivery_attempt t where t.application_id is not null',
  )
  expect(dump.some(({ row }) => row.includes(TOKEN))).toBe(false)
})

test('what is stored as a secret is not shown by saying that it is none', async () => {
  const backend = await postrider.application()
  const { id } = await backend.hook('http://127.0.0.1:9/')
  await update(backend, id, [{ name: 'X-Token', value: TOKEN }])
  expect(await update(backend, id, [{ name: 'X-Token', secret: false }])).toMatchObject([
    { code: 'REQUIRED', path: ['input', 'headers', '0', 'value'] },
  ])
})

test('a short secret is blanked out by its name, and an empty list takes all away', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  await update(backend, id, [{ name: 'X-Pin', value: '12' }])
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  await backend.finished(deliveries[0]!.id)
  const { delivery } = await backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  expect(delivery!.lastAttempt!.request!.headers).toContainEqual({ name: 'X-Pin', value: '[redacted]', redacted: true })
  await update(backend, id, [])
  expect(await headersOf(backend, id)).toEqual([])
})

async function update(backend: Backend, id: string, headers: HttpHeaderInput[]) {
  const { destinationUpdate } = await backend.send(DestinationUpdateDocument, { input: { id, headers } })
  return destinationUpdate.userErrors
}

async function headersOf(backend: Backend, id: string) {
  const { destination } = await backend.send(DestinationDocument, { id })
  return destination!.headers
}
