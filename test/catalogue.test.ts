import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EventPublishDocument,
  EventTypeArchiveDocument,
  EventTypeDocument,
  EventTypesDocument,
  EventTypeUpsertDocument,
  type EventTypeUpsertInput,
} from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const TOTAL = { type: 'object', properties: { total: { type: 'integer' } }, required: ['total'] }

test('a type is made with its name alone, and takes any data', async () => {
  const backend = await postrider.application()
  const { eventType } = await upsert(backend, { name: 'order.placed' })
  const bare = { status: 'AVAILABLE', description: null, group: null, payloadSchema: null, samplePayload: null }
  expect(eventType).toMatchObject({ id: expect.stringMatching('^ety_'), name: 'order.placed', ...bare })
  expect(await publish(backend, [1, 'two', null])).toEqual([])
})

test('an upsert changes what is given, clears what is null, and leaves the rest', async () => {
  const backend = await postrider.application()
  const fields = {
    description: 'An order was placed',
    group: 'Shop',
    payloadSchema: TOTAL,
    samplePayload: { total: 1 },
  }
  const made = await upsert(backend, { name: 'order.placed', ...fields })
  const changed = await upsert(backend, { name: 'order.placed', status: 'DEPRECATED', group: null })
  const expected = { ...made.eventType!, ...fields, status: 'DEPRECATED', group: null }
  expect(changed.eventType).toEqual(expected)
  expect(await backend.send(EventTypeDocument, { name: 'order.placed' })).toEqual({ eventType: expected })
})

test('the keys of schema and sample keep their order', async () => {
  const backend = await postrider.application()
  const samplePayload = { zebra: 1, apple: { y: 1, x: 2 } }
  const payloadSchema = {
    type: 'object',
    properties: { zebra: {}, apple: {} },
    $comment: 'x',
    additionalProperties: false,
  }
  await upsert(backend, { name: 'order.placed', payloadSchema, samplePayload })
  const { eventType } = await backend.send(EventTypeDocument, { name: 'order.placed' })
  expect(JSON.stringify(eventType!.samplePayload)).toBe(JSON.stringify(samplePayload))
  expect(JSON.stringify(eventType!.payloadSchema)).toBe(JSON.stringify(payloadSchema))
})

test('two backends that make a type at once make one', async () => {
  const backend = await postrider.application()
  const made = await Promise.all(['a', 'b', 'c', 'd'].map((group) => upsert(backend, { name: 'order.placed', group })))
  expect(new Set(made.map(({ eventType }) => eventType?.id)).size).toBe(1)
  expect(made.flatMap(({ userErrors }) => userErrors)).toEqual([])
})

test('the catalogue is listed newest first, archived types included', async () => {
  const backend = await postrider.application()
  for (const name of ['a', 'b', 'c']) await backend.eventType(name)
  await backend.send(EventTypeArchiveDocument, { input: { name: 'b' } })
  const { eventTypes } = await backend.send(EventTypesDocument, {})
  expect(eventTypes.nodes.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'c AVAILABLE',
    'b ARCHIVED',
    'a AVAILABLE',
  ])
})

describe('archived', () => {
  test('a type is refused at publish, until it is made available again', async () => {
    const backend = await postrider.application()
    await backend.eventType('order.placed')
    const { eventTypeArchive } = await backend.send(EventTypeArchiveDocument, { input: { name: 'order.placed' } })
    expect(eventTypeArchive).toMatchObject({ eventType: { status: 'ARCHIVED' }, userErrors: [] })
    expect(await publish(backend, {})).toMatchObject([{ code: 'EVENT_TYPE_UNKNOWN', path: ['input', 'type'] }])
    await upsert(backend, { name: 'order.placed', status: 'AVAILABLE' })
    expect(await publish(backend, {})).toEqual([])
  })

  test.each(['COMING_SOON', 'DEPRECATED'] as const)('it is not when it is %s', async (status) => {
    const backend = await postrider.application()
    await backend.eventType('order.placed', { status })
    expect(await publish(backend, {})).toEqual([])
  })

  test('an unknown type cannot be', async () => {
    const backend = await postrider.application()
    const { eventTypeArchive } = await backend.send(EventTypeArchiveDocument, { input: { name: 'nope' } })
    expect(eventTypeArchive).toMatchObject({
      eventType: null,
      userErrors: [{ code: 'EVENT_TYPE_UNKNOWN', path: ['input', 'name'] }],
    })
  })
})

describe('a schema', () => {
  test('holds for the next publish after it changed', async () => {
    const backend = await postrider.application()
    await backend.eventType('order.placed', { payloadSchema: TOTAL })
    expect(await publish(backend, {})).toMatchObject([{ code: 'PAYLOAD_INVALID' }])
    expect(await publish(backend, { total: 1 })).toEqual([])
    await backend.eventType('order.placed', {
      payloadSchema: { type: 'object', required: ['id'] },
      allowBreakingSchema: true,
    })
    expect(await publish(backend, { total: 1 })).toMatchObject([{ code: 'PAYLOAD_INVALID', jsonPointer: '' }])
    await backend.eventType('order.placed', { payloadSchema: null, allowBreakingSchema: true })
    expect(await publish(backend, 'anything')).toEqual([])
  })

  test('is read as JSON Schema 2020-12, formats included', async () => {
    const backend = await postrider.application()
    const payloadSchema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      prefixItems: [{ type: 'string', format: 'email' }, { $ref: '#/$defs/day' }],
      items: false,
      $defs: { day: { type: 'string', format: 'date' } },
    }
    await backend.eventType('order.placed', { payloadSchema })
    expect(await publish(backend, ['ann@example.com', '2026-11-21'])).toEqual([])
    const errors = await publish(backend, ['no address', '21.11.2026', 3])
    expect(errors.map((error) => 'jsonPointer' in error && error.jsonPointer).toSorted()).toEqual(['', '/0', '/1'])
  })

  test('whose sample does not fit is refused, and so is the sample, together or one after the other', async () => {
    const backend = await postrider.application()
    const misfit = { __typename: 'PayloadError', path: ['input', 'samplePayload'], jsonPointer: '/total' }
    const samplePayload = { total: 'ten' }
    const both = { name: 'order.placed', payloadSchema: TOTAL, samplePayload }
    expect(await upsert(backend, both)).toMatchObject({ eventType: null, userErrors: [misfit] })
    expect(await backend.send(EventTypeDocument, { name: 'order.placed' })).toEqual({ eventType: null })
    await upsert(backend, { name: 'order.placed', payloadSchema: TOTAL })
    expect(await upsert(backend, { name: 'order.placed', samplePayload })).toMatchObject({ userErrors: [misfit] })
    await upsert(backend, { name: 'loose', samplePayload })
    expect(await upsert(backend, { name: 'loose', payloadSchema: TOTAL })).toMatchObject({ userErrors: [misfit] })
  })

  test.each<[what: string, payloadSchema: Record<string, unknown>]>([
    ['of an unknown type', { type: 'banana' }],
    ['with a broken pattern', { pattern: '(' }],
    ['with a reference to nowhere', { $ref: '#/$defs/missing' }],
    ['with a reference to another server', { $ref: 'https://example.com/schema.json' }],
    ['of an older draft', { $schema: 'http://json-schema.org/draft-04/schema#' }],
    // Would make the check a promise, which anything passes, and whose rejection would end the process.
    ['that is asynchronous', { $async: true, type: 'object' }],
    ['that is asynchronous inside', { properties: { a: { $async: true, type: 'object' } } }],
    ['over 64 KB', { description: 'x'.repeat(65_536) }],
  ])('%s is refused', async (_, payloadSchema) => {
    const backend = await postrider.application()
    expect(await upsert(backend, { name: 'order.placed', payloadSchema })).toMatchObject({
      eventType: null,
      userErrors: [{ code: 'INVALID', path: ['input', 'payloadSchema'], message: expect.any(String) }],
    })
    expect(await backend.send(EventTypesDocument, {})).toMatchObject({ eventTypes: { nodes: [] } })
  })
})

describe('the name', () => {
  test.each(['a', 'inquiry.received', 'Order_2.line-item.ADDED', 'x'.repeat(128)])('%s is taken', async (name) => {
    const backend = await postrider.application()
    expect(await upsert(backend, { name })).toMatchObject({ eventType: { name }, userErrors: [] })
  })

  test.each(['', '.', 'a.', '.a', 'a..b', 'a b', ' a', 'a\n', 'a*', 'inquiry.*', 'é', 'a/b', 'x'.repeat(129)])(
    '"%s" is refused',
    async (name) => {
      const backend = await postrider.application()
      expect(await upsert(backend, { name })).toMatchObject({
        eventType: null,
        userErrors: [{ code: 'INVALID', path: ['input', 'name'] }],
      })
    },
  )
})

async function upsert({ send }: Backend, input: EventTypeUpsertInput) {
  return (await send(EventTypeUpsertDocument, { input })).eventTypeUpsert
}

/** The userErrors of a publish of order.placed. */
async function publish(backend: Backend, data: unknown) {
  await backend.organization('acme')
  const input = { organizationExternalId: 'acme', type: 'order.placed', data }
  return (await backend.send(EventPublishDocument, { input })).eventPublish.userErrors
}
