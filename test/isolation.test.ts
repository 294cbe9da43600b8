import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ApplicationsDocument,
  DeliveriesDocument,
  DeliveryAttemptsDocument,
  DestinationsDocument,
  EventPublishDocument,
  EventsDocument,
  EventTypeDocument,
  EventTypesDocument,
  FollowAttemptsDocument,
  FollowDeliveryDocument,
  OrganizationDocument,
  OrganizationsDocument,
} from '../src/client/generated/documents.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'
import { attemptsOf } from './support/attempts.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { sendRaw } from './support/raw-request.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'

// Two products on one server: what is one's own is not there for the other, and never "forbidden".

let postrider: TestPostrider
let receiver: Receiver
let own: Shop
let foreign: Shop
beforeAll(async () => {
  postrider = await startTestPostrider()
  receiver = await startReceiver()
  own = await openShop()
  foreign = await openShop()
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

test.each([
  ['organization', 'org'],
  ['destination', 'dst'],
  ['event', 'evt'],
  ['delivery', 'dlv'],
] as const)("a foreign %s is not found by its id, one's own is", async (field, kind) => {
  const query = `query ($id: ID!) { ${field}(id: $id) { id } }`
  const ask = (id: string) => sendRaw(own.backend.endpoint, query, { id })
  expect(await ask(foreign.ids[kind])).toMatchObject({ root: null, codes: [] })
  expect(await ask(own.ids[kind])).toMatchObject({ root: { id: own.ids[kind] }, codes: [] })
})

test.each([
  ['organizationUpsert', 'org', { name: 'Taken over' }],
  ['organizationDelete', 'org', {}],
  ['destinationUpdate', 'dst', { label: 'Taken over' }],
  ['destinationDelete', 'dst', {}],
  ['destinationEnable', 'dst', {}],
  ['destinationDisable', 'dst', {}],
  ['destinationSecretRotate', 'dst', {}],
  ['destinationSecretReveal', 'dst', {}],
  ['destinationTest', 'dst', { eventType: 'order.placed' }],
  ['deliveryRetry', 'dlv', {}],
  ['apiKeyRevoke', 'key', {}],
] as const)('%s of a foreign id is NOT_FOUND and changes nothing', async (mutation, kind, input) => {
  const before = await everything(foreign)
  const { root, codes } = await mutate(mutation, { id: foreign.ids[kind], ...input })
  expect({ root, codes }).toEqual({ root: { userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }] }, codes: [] })
  expect(await everything(foreign)).toEqual(before)
})

test.each([
  ['destinationCreate', { label: 'x', config: { url: 'http://127.0.0.1/' } }],
  ['eventPublish', { type: 'order.placed', data: {} }],
])('%s into a foreign organization is NOT_FOUND and stores nothing', async (mutation, input) => {
  const before = await everything(foreign)
  const { root } = await mutate(mutation, { organizationId: foreign.ids.org, ...input })
  expect(root).toEqual({ userErrors: [{ code: 'NOT_FOUND', path: ['input', 'organizationId'] }] })
  expect(await everything(foreign)).toEqual(before)
})

describe("lists hold what is one's own only", () => {
  test('all of them, without a filter', async () => {
    const { send } = own.backend
    const { organizations } = await send(OrganizationsDocument, {})
    const { destinations } = await send(DestinationsDocument, {})
    const { events } = await send(EventsDocument, {})
    const { deliveries } = await send(DeliveriesDocument, {})
    const { deliveryAttempts } = await send(DeliveryAttemptsDocument, {})
    const { eventTypes } = await send(EventTypesDocument, {})
    expect(organizations.nodes.map((node) => node.id)).toEqual([own.ids.org])
    expect(destinations).toMatchObject({ totalCount: 1, nodes: [{ id: own.ids.dst }] })
    expect(events).toMatchObject({ count: { value: 1 }, nodes: [{ id: own.ids.evt }] })
    expect(deliveries).toMatchObject({ count: { value: 1 }, nodes: [{ id: own.ids.dlv }] })
    expect(deliveryAttempts.edges.map((edge) => edge.node.deliveryId)).toEqual([own.ids.dlv])
    expect(eventTypes.nodes.map((node) => node.name)).toEqual(['order.placed'])
  })

  test('and with the ids of foreign things as filter, nothing', async () => {
    const { send } = own.backend
    const organizationId = foreign.ids.org
    const destinationIds = [foreign.ids.dst]
    const answers = await Promise.all([
      send(DestinationsDocument, { organizationId }).then((data) => data.destinations.nodes),
      send(EventsDocument, { filter: { organizationId } }).then((data) => data.events.nodes),
      send(DeliveriesDocument, { filter: { organizationId } }).then((data) => data.deliveries.nodes),
      send(DeliveriesDocument, { filter: { destinationIds } }).then((data) => data.deliveries.nodes),
      send(DeliveryAttemptsDocument, { filter: { organizationId } }).then((data) => data.deliveryAttempts.edges),
      send(DeliveryAttemptsDocument, { filter: { destinationIds } }).then((data) => data.deliveryAttempts.edges),
    ])
    expect(answers).toEqual([[], [], [], [], [], []])
  })

  test('and a foreign cursor shows no foreign row', async () => {
    const { endpoint } = own.backend
    for (const list of ['events', 'deliveries', 'destinations', 'organizations', 'deliveryAttempts']) {
      const { root } = await sendRaw(foreign.backend.endpoint, `{ ${list} { edges { cursor } } }`)
      const { cursor } = (root as { edges: [{ cursor: string }] }).edges[0]
      const after = await sendRaw(endpoint, `query ($after: String) { ${list}(after: $after) { nodes { id } } }`, {
        after: cursor,
      })
      expect(after.codes).toEqual([])
      expect(after.text).not.toMatch(new RegExp(Object.values(foreign.ids).join('|')))
    }
  })

  test('applications: its own for a key, all for the operator', async () => {
    const { applications } = await own.backend.send(ApplicationsDocument, {})
    expect(applications.map((application) => application.id)).toEqual([own.backend.applicationId])
    const all = await sendRaw(postrider.operator, '{ applications { id } }')
    const ids = [foreign.backend.applicationId, own.backend.applicationId]
    expect(all.root).toEqual(expect.arrayContaining(ids.map((id) => ({ id }))))
  })
})

test('the same external ids, type names and keys in both are different things', async () => {
  const { organization } = await own.backend.send(OrganizationDocument, { externalId: 'acme' })
  expect(organization?.id).toBe(own.ids.org)
  const first = await own.backend.send(EventPublishDocument, { input: publication('same-key') })
  const second = await foreign.backend.send(EventPublishDocument, { input: publication('same-key') })
  expect(first.eventPublish).toMatchObject({ duplicate: false, userErrors: [] })
  expect(second.eventPublish).toMatchObject({ duplicate: false, userErrors: [] })
  expect(second.eventPublish.event!.id).not.toBe(first.eventPublish.event!.id)
  await own.backend.eventType('order.placed', { description: 'Ours' })
  const { eventType } = await foreign.backend.send(EventTypeDocument, { name: 'order.placed' })
  expect(eventType?.description).toBeNull()
})

test('a foreign external id or type does not publish', async () => {
  await foreign.backend.organization('theirs')
  await foreign.backend.eventType('their.type')
  const byExternalId = await mutate('eventPublish', {
    ...publication(),
    organizationExternalId: 'theirs',
  })
  expect(byExternalId.root).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] })
  const byType = await mutate('eventPublish', { ...publication(), type: 'their.type' })
  expect(byType.root).toMatchObject({ userErrors: [{ code: 'EVENT_TYPE_UNKNOWN' }] })
})

test('the feed carries no foreign attempt, live or from a cursor', async () => {
  const socket = openSocket(own.backend.endpoint)
  try {
    const { deliveryAttempts } = await foreign.backend.send(DeliveryAttemptsDocument, { first: 1 })
    const { cursor } = deliveryAttempts.edges[0]!
    const items = subscribe(socket, FollowAttemptsDocument, { after: cursor })
    await items.next()
    const theirs = await foreign.backend.publish(publication())
    await foreign.backend.finished(theirs.deliveries[0]!.id)
    const ours = await own.backend.publish(publication())
    const seen: string[] = []
    for await (const { deliveryAttempts: item } of items) {
      if (item.__typename === 'DeliveryAttemptRecorded') seen.push(item.attempt.deliveryId)
      if (seen.includes(ours.deliveries[0]!.id)) break
    }
    const { deliveries } = await own.backend.send(DeliveriesDocument, {})
    const known = deliveries.nodes.map((delivery) => delivery.id)
    expect(seen.filter((id) => !known.includes(id))).toEqual([])
  } finally {
    await socket.dispose()
  }
})

test('a foreign delivery cannot be followed', async () => {
  const socket = openSocket(own.backend.endpoint)
  const items = subscribe(socket, FollowDeliveryDocument, { id: foreign.ids.dlv })
  await expect(items.next()).rejects.toThrow('there is no delivery')
  await socket.dispose()
})

interface Shop {
  readonly backend: Backend
  readonly ids: Readonly<Record<'org' | 'dst' | 'evt' | 'dlv' | 'key', string>>
}

async function openShop(): Promise<Shop> {
  const backend = await postrider.application()
  await backend.eventType('order.placed')
  const org = await backend.organization('acme')
  const destination = await backend.destination({ organizationId: org, key: 'main', url: receiver.url })
  const event = await backend.publish(publication())
  const dlv = event.deliveries[0]!.id
  await backend.finished(dlv)
  await attemptsOf(backend, 1)
  const { applications } = await backend.send(ApplicationsDocument, {})
  return { backend, ids: { org, dst: destination.id, evt: event.id, dlv, key: applications[0]!.apiKeys[0]!.id } }
}

function publication(idempotencyKey: string | null = null) {
  return { organizationExternalId: 'acme', type: 'order.placed', data: {}, idempotencyKey }
}

/** A mutation by the owner of `own`, asked for its userErrors only. */
function mutate(name: string, input: object) {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`
  return sendRaw(
    own.backend.endpoint,
    `mutation ($input: ${type}) { ${name}(input: $input) { userErrors { code path } } }`,
    {
      input,
    },
  )
}

/** All rows of the application, but for when its key was used. */
async function everything({ backend }: Shop): Promise<unknown> {
  const { applications } = await backend.send(ApplicationsDocument, {})
  const { organizations } = await backend.send(OrganizationsDocument, {})
  const { destinations } = await backend.send(DestinationsDocument, {})
  const { events } = await backend.send(EventsDocument, {})
  const { deliveries } = await backend.send(DeliveriesDocument, {})
  return { keys: applications[0]!.apiKeys.map((key) => key.revokedAt), organizations, destinations, events, deliveries }
}
