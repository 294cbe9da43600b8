import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAppTester } from 'zapier-platform-core'
import * as documents from '../../src/client/generated/documents.ts'
import { idToUuid } from '../../src/domain/id.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { refusalOf, startZapierHooks } from '../../test/support/zapier.ts'
import { eventType } from './app/event-type.ts'
import app from './app/index.ts'
import { newEvent } from './app/new-event.ts'
import { publishEvent } from './app/publish-event.ts'

// Zaps as people make them, in Zapier's own runtime, against the running server and a catch server.

const zapier = createAppTester(app)
const { performSubscribe, performUnsubscribe, performList } = newEvent.operation

let postrider: TestPostrider
let backend: Backend
let organizationId: string
let authData: Record<string, string>
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application({ retryDelays: [] })
  organizationId = await backend.organization('acme')
  authData = { serverUrl: postrider.url, apiKey: backend.endpoint.key, organization: 'acme' }
  await backend.eventType('order.placed', { samplePayload: { order: { number: 'A-1' } } })
})
afterAll(() => postrider[Symbol.asyncDispose]())

describe('a Zap that starts with events', () => {
  test('gets them from when it is switched on until it is switched off', async () => {
    await using hooks = await startZapierHooks()
    const { id } = await switchOn(hooks.make('1'))
    const published = await backend.publish({
      organizationId,
      type: 'order.placed',
      data: { order: { number: 'A-2' } },
    })
    const [item] = await arrived(await hooks.request(1))
    expect(item).toEqual({
      id: published.id,
      type: 'order.placed',
      createdAt: expect.any(String),
      organization: 'acme',
      data__order__number: 'A-2',
    })

    expect(await switchOff(id)).toEqual({ id })
    expect(await destinationsOf(organizationId)).toEqual([])
    expect(await switchOff(id)).toEqual({ id })
    await publishOrder()
    expect(hooks.requests).toHaveLength(1)
  })

  test('and was switched off unheard has its destination deleted by the 410 that comes', async () => {
    await using hooks = await startZapierHooks()
    await switchOn(hooks.make('1'))
    hooks.drop('1')
    const { deliveries } = await publishOrder()
    await backend.finished(deliveries[0]!.id)
    expect(await destinationsOf(organizationId)).toEqual([])
  })

  test('and asks twice for the same hook has one destination, with the type it asked for last', async () => {
    await using hooks = await startZapierHooks()
    await backend.eventType('order.paid')
    const first = await switchOn(hooks.make('1'))
    await backend.send(documents.DestinationDisableDocument, { input: { id: first.id } })
    expect(await switchOn(hooks.make('1'), 'order.paid')).toEqual(first)
    const [destination, ...others] = await destinationsOf(organizationId)
    expect(others).toEqual([])
    expect(destination).toMatchObject({
      id: first.id,
      label: 'Zapier: order.paid',
      active: true,
      eventTypes: ['order.paid'],
      signingSecrets: [],
    })
    await switchOff(first.id)
  })

  test.each([
    ['order.misspelt', 'there is no event type "order.misspelt" in the catalogue'],
    ['', 'eventType: is required'],
  ])('of type "%s" is refused', async (type, message) => {
    expect((await refusalOf(switchOn('http://127.0.0.1:9/hook', type))).message).toContain(message)
    expect(await destinationsOf(organizationId)).toEqual([])
  })
})

describe('for mapping its fields a person sees', () => {
  test("the type's sample, in the shape of a hook, as long as there are no events", async () => {
    const other = { ...authData, organization: await backend.organization('other') }
    expect(await list('order.placed', other)).toEqual([
      {
        id: expect.stringMatching(/^sample_ety_/),
        type: 'order.placed',
        createdAt: expect.any(String),
        organization: 'other',
        data__order__number: 'A-1',
      },
    ])
    await backend.eventType('without.sample')
    expect(await list('without.sample')).toEqual([])
    expect((await refusalOf(list('order.misspelt'))).message).toContain('no event type "order.misspelt"')
  })

  test('the newest events, each once, exactly as the hook brought them', async () => {
    await using hooks = await startZapierHooks()
    await backend.eventType('all.shapes')
    const { id } = await switchOn(hooks.make('1'), 'all.shapes')
    const shapes = [{ a: { b: { c: 1 } }, a__b: { c: 2 } }, [{ line: 1 }], 7, 'text', { id: 'evil' }]
    for (const data of shapes) {
      const { deliveries } = await backend.publish({ organizationId, type: 'all.shapes', data })
      await backend.finished(deliveries[0]!.id)
    }
    const hooked = await Promise.all(hooks.requests.map(arrived))
    const listed = await list('all.shapes')
    expect(listed).toEqual(hooked.flat().toReversed())
    expect(new Set(listed.map((item) => item.id)).size).toBe(shapes.length)

    const [newest, ...older] = listed
    await postrider.database.query('update event set data = null where id = $1', [
      idToUuid(newest!.id as `evt_${string}`),
    ])
    expect(await list('all.shapes')).toEqual(older)
    await switchOff(id)
  })

  test('in the list of types all that can be published, beyond a page', async () => {
    const crowded = await postrider.application()
    await crowded.organization('acme')
    const names = Array.from({ length: 101 }, (_, n) => `type.n${n}`)
    await Promise.all(names.map((name) => crowded.eventType(name)))
    await crowded.eventType('type.soon', { status: 'COMING_SOON' })
    const found = await zapier(eventType.operation.perform, {
      authData: { ...authData, apiKey: crowded.endpoint.key },
    })
    expect(found.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    expect(new Set(found.map(({ id }) => id)).size).toBe(101)

    const [inTrigger] = newEvent.operation.inputFields
    const [inAction] = publishEvent.operation.inputFields
    expect([inTrigger!.dynamic, inAction!.dynamic]).toEqual(Array(2).fill(`${eventType.key}.name.name`))
  })
})

describe('the step that publishes', () => {
  const publish = (inputData: Record<string, unknown>, auth = authData) =>
    zapier(publishEvent.operation.perform, { authData: auth, inputData })

  beforeAll(() =>
    backend.eventType('invoice.sent', {
      payloadSchema: { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] },
    }),
  )

  test('takes JSON, and texts in fields', async () => {
    const data = { order: { number: 'A-3 {{bundle.authData.apiKey}}', total: 49.9 }, lines: [1] }
    const published = await publish({ eventType: 'order.placed', data: JSON.stringify(data) })
    expect(published).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: 'order.placed',
      createdAt: expect.any(String),
      duplicate: false,
    })
    const { event } = await backend.send(documents.EventDocument, { id: published.id })
    expect(event).toMatchObject({ type: 'order.placed', data, organization: { externalId: 'acme' } })

    const { id } = await publish({ eventType: 'order.placed', fields: { number: '7' } })
    expect((await backend.send(documents.EventDocument, { id })).event!.data).toEqual({ number: '7' })
  })

  test('publishes one event for one idempotency key', async () => {
    const inputData = { eventType: 'order.placed', data: '{}', idempotencyKey: 'row 7' }
    const first = await publish(inputData)
    expect(await publish(inputData)).toEqual({ ...first, duplicate: true })
  })

  test.each([
    ['no type', { eventType: '' }, 'eventType: is required'],
    ['an unknown type', { eventType: 'order.misspelt' }, 'order.misspelt'],
    ['no JSON', { eventType: 'order.placed', data: '{' }, 'Data as JSON is no JSON'],
    ['both forms', { eventType: 'order.placed', data: '{}', fields: { a: '1' } }, 'not both'],
    ['data that does not fit', { eventType: 'invoice.sent', data: '{"total":"7"}' }, 'data: '],
  ])('refuses %s, with the field', async (_, inputData, message) => {
    expect(await refusalOf(publish(inputData))).toMatchObject({
      name: 'AppError',
      message: expect.stringContaining(message),
    })
  })

  test('refuses the token of a portal session', async () => {
    const { portalSessionCreate } = await backend.send(documents.PortalSessionCreateDocument, {
      input: { organizationId },
    })
    const session = { ...authData, apiKey: portalSessionCreate.token! }
    const refusal = await refusalOf(publish({ eventType: 'order.placed', data: '{}' }, session))
    expect(refusal).toMatchObject({ name: 'AppError', code: 'FORBIDDEN' })
  })
})

function switchOn(targetUrl: string, type = 'order.placed') {
  return zapier(performSubscribe, { authData, targetUrl, inputData: { eventType: type } })
}

function switchOff(id: string) {
  return zapier(performUnsubscribe, { authData, subscribeData: { id } })
}

function list(type: string, auth = authData) {
  return zapier(performList, { authData: auth, inputData: { eventType: type } })
}

/** What the Zap starts with when this hook has come in. */
function arrived({ body }: { body: string }) {
  const cleanedRequest = { ...JSON.parse(body), querystring: {} }
  return zapier(newEvent.operation.perform, { authData, cleanedRequest })
}

function publishOrder() {
  return backend.publish({ organizationId, type: 'order.placed', data: {} })
}

async function destinationsOf(organization: string) {
  return (await backend.send(documents.DestinationsDocument, { organizationId: organization })).destinations.nodes
}
