import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ApiKeyCreateDocument,
  ApplicationsDocument,
  DestinationEnableDocument,
  EventPublishDocument,
  EventsDocument,
  EventTypesDocument,
  EventTypeUpsertDocument,
  OrganizationDeleteDocument,
  OrganizationsDocument,
} from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('a destination that fails, recovers and is disabled is told of once each, in this order', async () => {
  let status = 500
  await using stage = await prepare(() => status)
  for (let n = 1; n <= 3; n += 1) await stage.deliver()
  expect(await stage.told(4)).toMatchObject([
    { type: 'delivery.exhausted' },
    { type: 'delivery.exhausted' },
    { type: 'destination.failing' },
    { type: 'delivery.exhausted' },
  ])
  status = 200
  await stage.deliver()
  await stage.deliver()
  status = 410
  await stage.deliver()
  const last = (await stage.told(7)).slice(4)
  expect(last).toMatchObject([
    { type: 'destination.recovered', data: { destination: { health: 'HEALTHY', consecutiveFailures: 0 } } },
    { type: 'destination.disabled', data: { destination: { health: 'DISABLED', disabledReason: 'GONE' } } },
    { type: 'delivery.exhausted', data: { delivery: { failureKind: 'GONE', statusCode: 410, attemptCount: 1 } } },
  ])
  expect(last[1]!.data).toMatchObject({
    destination: {
      id: stage.id,
      label: 'Test',
      connector: 'webhook',
      organizationId: stage.organizationId,
      organizationExternalId: 'acme',
    },
  })
  await stage.backend.send(DestinationEnableDocument, { input: { id: stage.id } })
})

test('an admin whose own destination fails is told nothing of it', async () => {
  await using stage = await prepare(
    () => 500,
    () => 500,
  )
  await stage.deliver()
  await stage.admin.request(1)
  const { deliveries } = await stage.backend.publish({
    organizationId: stage.operationsId,
    type: 'a',
    data: { by: 'the application itself' },
  })
  expect(await stage.backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'FAILED' })
  const events = await stage.events()
  expect(events.map((event) => event.type)).toEqual(['a', 'delivery.exhausted'])
})

test('a new key is told of, without the key', async () => {
  await using stage = await prepare(() => 200)
  const { apiKeyCreate } = await stage.backend.send(ApiKeyCreateDocument, { input: { name: 'CI' } })
  const { apiKey, secret } = apiKeyCreate
  expect(await stage.told(1)).toMatchObject([
    { type: 'apikey.created', data: { apiKey: { id: apiKey!.id, name: 'CI', hint: apiKey!.hint } } },
  ])
  expect(stage.admin.requests[0]!.body).not.toContain(secret!)
})

test('these types are published by nobody else, and stand in no catalogue of the product', async () => {
  const backend = await postrider.application()
  const organizationId = await backend.organization()
  const { eventPublish } = await backend.send(EventPublishDocument, {
    input: { organizationId, type: 'destination.disabled', data: {} },
  })
  expect(eventPublish.userErrors).toMatchObject([{ code: 'EVENT_TYPE_UNKNOWN', path: ['input', 'type'] }])
  const { eventTypeUpsert } = await backend.send(EventTypeUpsertDocument, { input: { name: 'apikey.created' } })
  expect(eventTypeUpsert.userErrors).toMatchObject([{ code: 'TAKEN', path: ['input', 'name'] }])
  expect((await backend.send(EventTypesDocument, {})).eventTypes.nodes).toEqual([])
  const { eventTypes } = await backend.send(EventTypesDocument, { operations: true })
  expect(eventTypes.nodes.map((type) => type.name).toSorted()).toEqual([
    'apikey.created',
    'delivery.exhausted',
    'destination.disabled',
    'destination.failing',
    'destination.recovered',
    'event.rejected',
  ])
})

test('the operations organization is in no list, and stays', async () => {
  const backend = await postrider.application()
  const id = await operationsOf(backend)
  expect((await backend.send(OrganizationsDocument, {})).organizations.nodes).toEqual([])
  const { organizationDelete } = await backend.send(OrganizationDeleteDocument, { input: { id } })
  expect(organizationDelete.userErrors).toMatchObject([{ code: 'CONFLICT', path: ['input', 'id'] }])
})

async function prepare(answer: () => number, adminAnswer: () => number = () => 200) {
  const receiver = await startReceiver(answer)
  const admin = await startReceiver(adminAnswer)
  const backend = await postrider.application({ retryDelays: [] })
  const { organizationId, id } = await backend.hook(receiver.url)
  const operationsId = await operationsOf(backend)
  await backend.destination({ organizationId: operationsId, url: admin.url })
  return {
    backend,
    admin,
    organizationId,
    operationsId,
    id,
    async deliver() {
      const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
      await backend.finished(deliveries[0]!.id)
    },
    /** What the admin got, in the order in which it was published. */
    async told(count: number) {
      await admin.request(count)
      const told = admin.requests.map(
        (request) => JSON.parse(request.body) as { id: string; type: string; data: object },
      )
      return told.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    },
    async events() {
      const { events } = await backend.send(EventsDocument, { filter: { organizationId: operationsId } })
      return events.nodes
    },
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]()
      await admin[Symbol.asyncDispose]()
    },
  }
}

async function operationsOf(backend: Backend): Promise<string> {
  const { applications } = await backend.send(ApplicationsDocument, {})
  return applications[0]!.operationsOrganization.id
}
