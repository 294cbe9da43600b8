import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DeliveryDocument,
  DestinationDocument,
  DestinationPreviewDocument,
  type DestinationPreviewInput,
  DestinationRecoverDocument,
  DestinationTestDocument,
  DestinationUpdateDocument,
} from '../src/client/generated/documents.ts'
import { compileFilter, compileTransform } from '../src/evaluate/expression.ts'
import { runTask } from '../src/evaluate/task.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const list = Array.from({ length: 20_000 }, (_, v) => ({ v }))
const input = {
  event: {
    id: 'evt_1',
    type: 'order.placed',
    createdAt: '2026-11-21T10:00:00.000Z',
    data: {
      total: 150,
      currency: 'EUR',
      lines: [
        { sku: 'a', n: 1 },
        { sku: 'b', n: 2 },
      ],
      note: null,
      list,
    },
  },
  organization: { id: 'org_1', externalId: 'acme', name: 'Acme' },
}

describe('a filter', () => {
  test.each<[text: string, passes: boolean]>([
    ['true', true],
    ['event.type == "order.placed"', true],
    ['event.type.startsWith("invoice.")', false],
    ['event.data.total > 100', true],
    ['event.data.total + 1 == 151.0', true],
    ['event.data.total * 2 > 1000', false],
    ['event.data.currency in ["EUR", "USD"]', true],
    ['has(event.data.discount) && event.data.discount > 0.0', false],
    ['event.data.lines.exists(line, line.sku == "b")', true],
    ['event.data.lines.all(line, line.n > 1)', false],
    ['size(event.data.lines) == 2', true],
    ['event.data.note == null', true],
    ['event.data.currency.matches("^[A-Z]{3}$")', true],
    ['organization.externalId == "acme"', true],
    ['timestamp(event.createdAt) > timestamp("2026-01-01T00:00:00Z")', true],
    ['event.data.currency.lowerAscii() == "eur"', true],
  ])('%s: %s', (text, passes) => {
    expect(compileFilter(text).evaluate(input)).toBe(passes)
  })

  test.each<[text: string, message: string]>([
    ['event.data.total >', 'at character 18'],
    ['', 'expecting'],
    ['events.type == "a"', 'there is no "events", only event and organization, at character 1'],
    [
      'event.type == "a" &&\n  evnt.id != ""',
      'there is no "evnt", only event and organization, at line 2, character 3',
    ],
    ['nope(event.type)', 'there is no function "nope"'],
    ['event.type.nope()', 'there is no function "nope"'],
    ['event.data.lines.all(x, y.n > 1)', 'there is no "y"'],
    ['event.data.a.all(x, x.b.all(y, y.c.all(z, z)))', 'more than 2 deep'],
    [`event.type == "${'x'.repeat(2_048)}"`, 'over 2048 characters'],
    ['google.protobuf.Empty{}', 'there is no type'],
    ['event.type == "\u0000"', 'holds a NUL character'],
    ['event.type == "\ud800"', 'half a surrogate pair'],
  ])('%s is refused, and the place is named', (text, message) => {
    expect(() => compileFilter(text)).toThrow(message)
  })

  test.each<[text: string, message: string]>([
    ['event.data.discount > 1.0', 'field not found: discount'],
    ['event.type', 'neither true nor false'],
    ['event.data.total == 1 ? true : event.data.nope', 'field not found: nope'],
    ['event.data.list.exists(x, event.data.list.exists(y, x.v + y.v < 0.0))', 'more than 50 ms'],
  ])('%s fails with this event', (text, message) => {
    expect(runTask({ kind: 'filter', text, input: JSON.stringify(input) })).toMatchObject({
      failed: expect.stringContaining(message),
    })
  })

  test('that took too long stops no other', () => {
    const run = (text: string) => runTask({ kind: 'filter', text, input: JSON.stringify(input) })
    for (let n = 0; n < 3; n += 1) {
      const slow = run('event.data.list.all(x, event.data.list.all(y, x.v + y.v >= 0.0))')
      expect(slow).toMatchObject({ failed: 'it took more than 50 ms' })
      expect(run('event.data.lines.all(line, line.n > 0)')).toMatchObject({ value: true })
    }
  })
})

test.each<[text: string, json: string]>([
  ['{"id": event.id, "sum": event.data.total}', '{"id":"evt_1","sum":150}'],
  ['{"skus": event.data.lines.map(line, line.sku)}', '{"skus":["a","b"]}'],
  ['{"lines": event.data.lines.filter(line, line.n > 1)}', '{"lines":[{"sku":"b","n":2}]}'],
  [
    '{"n": 1, "big": 9007199254740993, "u": 2u, "half": 0.5, "none": null, "yes": true}',
    '{"n":1,"big":9007199254740993,"u":2,"half":0.5,"none":null,"yes":true}',
  ],
  ['{"at": timestamp(event.createdAt) + duration("1h")}', '{"at":"2026-11-21T11:00:00Z"}'],
  ['{"bytes": b"abc"}', '{"bytes":"YWJj"}'],
  ['{1: "a", true: "b"}', '{"1":"a","true":"b"}'],
])('%s yields %s', (text, json) => {
  expect(compileTransform(text).evaluate(input)).toBe(json)
})

test('what yields no object, or far too much, cannot be sent', () => {
  expect(() => compileTransform('event.data.lines').evaluate(input)).toThrow('no object')
  const copies = Array.from({ length: 100 }, (_, n) => `"${n}": event.data`).join(', ')
  const transform = compileTransform(`{${copies}}`)
  expect(() => transform.evaluate(input)).toThrow('more than 262144 characters')
})

describe('a destination with expressions', () => {
  test('gets the events that its filter lets pass, as its transform shapes them; the others are skipped', async () => {
    await using stage = await prepare()
    await stage.update({
      filter: 'event.data.total > 100',
      transform: '{"sum": event.data.total, "of": organization.name}',
    })
    const skipped = await stage.publish({ total: 50 })
    expect(await stage.backend.finished(skipped)).toMatchObject({
      status: 'SKIPPED',
      skipReason: 'FILTERED',
      attemptCount: 0,
    })
    const sent = await stage.publish({ total: 150 })
    expect(await stage.backend.finished(sent)).toMatchObject({ status: 'SUCCEEDED' })
    expect(stage.receiver.requests).toHaveLength(1)
    const { body } = stage.receiver.requests[0]!
    expect(JSON.parse(body).data).toEqual({ sum: 150, of: 'acme' })
    const { delivery } = await stage.backend.send(DeliveryDocument, { id: sent })
    expect(delivery!.lastAttempt!.request!.body).toBe(body)
  })

  test.each([
    ['filter', 'event.data.missing == 1', "The destination's filter failed: field not found: missing"],
    ['transform', '{"x": event.data.missing}', "The destination's transform failed: field not found: missing"],
  ])('whose %s fails with an event has a failed attempt with the reason', async (field, text, errorMessage) => {
    await using stage = await prepare()
    await stage.update({ [field]: text })
    const id = await stage.publish({ total: 1 })
    await stage.backend.finished(id)
    const { delivery } = await stage.backend.send(DeliveryDocument, { id })
    expect(delivery).toMatchObject({
      status: 'FAILED',
      attemptCount: 1,
      lastAttempt: { outcome: 'PERMANENT_FAILURE', failureKind: 'CONNECTOR_ERROR', errorMessage },
    })
    expect(stage.receiver.requests).toHaveLength(0)
  })

  test('gets a test whatever the filter says, shaped by the transform', async () => {
    await using stage = await prepare()
    await stage.update({ filter: 'false', transform: '{"shaped": true}' })
    const { destinationTest } = await stage.backend.send(DestinationTestDocument, {
      input: { id: stage.id, eventType: 'a', data: { total: 1 } },
    })
    expect(destinationTest.delivery).toMatchObject({ status: 'SUCCEEDED' })
    expect(JSON.parse(stage.receiver.requests[0]!.body).data).toEqual({ shaped: true })
  })

  test('can recover what another filter had skipped', async () => {
    await using stage = await prepare()
    await stage.update({ filter: 'false' })
    await stage.backend.finished(await stage.publish({ total: 7 }))
    await stage.update({ filter: null })
    await stage.backend.send(DestinationRecoverDocument, {
      input: { id: stage.id, range: { from: '-PT1H' }, statuses: ['SKIPPED'] },
    })
    expect(JSON.parse((await stage.receiver.request(1)).body).data).toEqual({ total: 7 })
  })

  test('is not saved with one that makes no sense, and keeps what it had', async () => {
    await using stage = await prepare()
    expect(await stage.update({ filter: 'evnt.type', transform: '{' })).toMatchObject([
      { code: 'EXPRESSION_INVALID', path: ['input', 'filter'], message: expect.stringContaining('at character 1') },
      { code: 'EXPRESSION_INVALID', path: ['input', 'transform'] },
    ])
    const { destination } = await stage.backend.send(DestinationDocument, { id: stage.id })
    expect(destination).toMatchObject({ filter: null, transform: null })
  })
})

describe('a preview', () => {
  test('shows the request that would be sent, signed, and sends nothing', async () => {
    await using stage = await prepare()
    await stage.update({ headers: [{ name: 'X-Token', value: 'a-secret-of-theirs' }] })
    const shown = await preview(stage.backend, { destinationId: stage.id, eventType: 'a', data: { total: 1 } })
    expect(shown).toMatchObject({ skipped: false, userErrors: [] })
    expect(shown.request).toMatchObject({ method: 'POST', url: stage.receiver.url })
    const headers = new Map(shown.request!.headers.map(({ name, value }) => [name, value]))
    expect(headers.get('X-Token')).toBe('[redacted]')
    expect(headers.get('webhook-signature')).toMatch(/^v1,/)
    expect(JSON.parse(shown.request!.body!)).toMatchObject({ type: 'a', data: { total: 1 } })
    await stage.publish({ total: 2 })
    expect(JSON.parse((await stage.receiver.request(1)).body).data).toEqual({ total: 2 })
  })

  test('takes what is given before what is stored, and stores nothing', async () => {
    await using stage = await prepare()
    await stage.update({ filter: 'false' })
    const given = { destinationId: stage.id, eventType: 'a', data: { total: 1 } }
    expect(await preview(stage.backend, given)).toMatchObject({ skipped: true, request: null })
    const shown = await preview(stage.backend, { ...given, filter: null, transform: '{"n": event.data.total + 1}' })
    expect(JSON.parse(shown.request!.body!).data).toEqual({ n: 2 })
    expect(await preview(stage.backend, given)).toMatchObject({ skipped: true })
  })

  test('of a destination that is still to be made is unsigned', async () => {
    await using stage = await prepare()
    const config = { url: 'https://example.com/hook' }
    const shown = await preview(stage.backend, { config, eventType: 'a', data: {} })
    expect(shown.request).toMatchObject({ url: 'https://example.com/hook' })
    expect(shown.request!.headers.map(({ name }) => name)).toEqual(['content-type'])
  })

  test.each<[what: string, input: Partial<DestinationPreviewInput>, code: string, path: string[]]>([
    ['an unknown type', { eventType: 'nope' }, 'EVENT_TYPE_UNKNOWN', ['input', 'eventType']],
    ['no settings', {}, 'CONFIG_INVALID', ['input', 'config', 'url']],
    ['a URL inside', { config: { url: 'http://10.0.0.1/' } }, 'URL_NOT_ALLOWED', ['input', 'config', 'url']],
    ['an expression that fails', { transform: '{"x": event.data.y}' }, 'EXPRESSION_INVALID', ['input', 'transform']],
    ['a stranger', { destinationId: 'dst_01h455vb4pex5vsknk084sn02q' }, 'NOT_FOUND', ['input', 'destinationId']],
  ])('is refused with %s', async (what, given, code, path) => {
    await using stage = await prepare()
    const config = what === 'an expression that fails' ? { url: 'https://example.com/' } : undefined
    const refused = await preview(stage.backend, { eventType: 'a', data: {}, ...(config && { config }), ...given })
    expect(refused).toMatchObject({ request: null, skipped: false, userErrors: [{ code, path }] })
  })
})

async function preview(backend: Backend, given: DestinationPreviewInput) {
  return (await backend.send(DestinationPreviewDocument, { input: given })).destinationPreview
}

async function prepare() {
  const receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  return {
    backend,
    receiver,
    id,
    async update(fields: object) {
      const { destinationUpdate } = await backend.send(DestinationUpdateDocument, { input: { id, ...fields } })
      return destinationUpdate.userErrors
    },
    async publish(data: object) {
      const { deliveries } = await backend.publish({ organizationId, type: 'a', data })
      return deliveries[0]!.id
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}
