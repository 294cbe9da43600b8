import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createPortalSessions } from '../src/api/portal-session.ts'
import * as documents from '../src/client/generated/documents.ts'
import type { Endpoint } from '../src/client/request.ts'
import { request } from '../src/client/request.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'
import { newId } from '../src/store/new-id.ts'
import { attemptsOf } from './support/attempts.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { sendRaw } from './support/raw-request.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'

// A customer on the product's own page, with a token that the product fetched for it.

let postrider: TestPostrider
let receiver: Receiver
let backend: Backend
let own: Customer
let other: Customer
beforeAll(async () => {
  postrider = await startTestPostrider()
  receiver = await startReceiver()
  backend = await postrider.application()
  await backend.eventType('a')
  own = await openCustomer('own')
  other = await openCustomer('other')
  await attemptsOf(backend, 2)
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

test('says who it is', async () => {
  const { viewer } = await request(own.session, documents.ViewerDocument, {})
  expect(viewer).toMatchObject({
    kind: 'ORGANIZATION',
    organization: { id: own.organizationId, externalId: 'own' },
    application: { id: backend.applicationId },
  })
})

test('its link opens a page with the token behind the #', async () => {
  const { portalSessionCreate } = await createSession(own.organizationId)
  const { url, token, expiresAt } = portalSessionCreate
  expect(url).toBe(`${postrider.url}/graphiql/#key=${token}`)
  expect((await fetch(url!)).status).toBe(200)
  expect(Math.round((Date.parse(expiresAt!) - Date.now()) / 60_000)).toBe(60)
})

describe('sees its own organization only', () => {
  test.each([
    ['{ organizations { nodes { id } } }', 'organizations'],
    ['{ destinations { nodes { organization { id } } totalCount } }', 'destinations'],
    ['{ events { nodes { organization { id } } count { value } } }', 'events'],
    ['{ deliveries { nodes { id } count { value } } }', 'deliveries'],
    ['{ deliveryAttempts { nodes { deliveryId } } }', 'deliveryAttempts'],
  ])('%s', async (query) => {
    const answer = await sendRaw(own.session, query)
    expect(answer.codes).toEqual([])
    expect((answer.root as { nodes: unknown[] }).nodes).toHaveLength(1)
    expect(answer.text).not.toContain(other.organizationId)
    expect(answer.text).not.toContain(other.deliveryId)
  })

  test.each([
    'destinations(organizationId: $id)',
    'events(filter: { organizationId: $id })',
    'deliveries(filter: { organizationId: $id })',
    'deliveryAttempts(filter: { organizationId: $id })',
  ])('nothing of another by %s', async (field) => {
    const query = `query ($id: ID!) { ${field} { nodes { id } } }`
    expect((await sendRaw(own.session, query, { id: other.organizationId })).root).toEqual({ nodes: [] })
    expect((await sendRaw(own.session, query, { id: own.organizationId })).root).toMatchObject({ nodes: [{}] })
  })

  test('in its charts', async () => {
    const query = 'query ($id: ID) { stats(organizationId: $id, range: { from: "-PT1H" }, bucket: DAY) { attempts } }'
    const attempts = async (id?: string) =>
      ((await sendRaw(own.session, query, { id })).root as { attempts: number }[]).reduce(
        (n, one) => n + one.attempts,
        0,
      )
    expect(await attempts()).toBe(1)
    expect(await attempts(own.organizationId)).toBe(1)
    expect(await attempts(other.organizationId)).toBe(0)
  })

  test('by node and by the fields for one', async () => {
    for (const [kind, id] of Object.entries(other.ids)) {
      for (const field of ['node', kind]) {
        const query = `query ($id: ID!) { ${field}(id: $id) { id } }`
        expect((await sendRaw(own.session, query, { id })).root, `${field} ${id}`).toBeNull()
        const mine = own.ids[kind as keyof Customer['ids']]
        expect((await sendRaw(own.session, query, { id: mine })).root).toEqual({ id: mine })
      }
    }
    const { applications } = await backend.send(documents.ApplicationsDocument, {})
    const { auditLog } = await backend.send(documents.AuditLogDocument, { first: 1 })
    for (const { id } of [applications[0]!.apiKeys[0]!, auditLog.nodes[0]!]) {
      const answer = await sendRaw(own.session, 'query ($id: ID!) { node(id: $id) { id } }', { id })
      expect(answer, String(id)).toMatchObject({ root: null, codes: [] })
    }
  })

  test('in the feed', async () => {
    const socket = openSocket(own.session)
    try {
      const items = subscribe(socket, documents.FollowAttemptsDocument, { filter: {} })
      await items.next()
      await publish(other)
      const mine = await publish(own)
      for await (const { deliveryAttempts: item } of items) {
        if (item.__typename !== 'DeliveryAttemptRecorded') continue
        expect(item.attempt.deliveryId).toBe(mine)
        break
      }
    } finally {
      await socket.dispose()
    }
  })

  test('and by REST', async () => {
    const headers = { authorization: `Bearer ${own.session.key}` }
    const list = await fetch(`${postrider.url}/api/webhooks-management`, { headers })
    expect(((await list.json()) as { data: { id: string }[] }).data.map((one) => one.id)).toEqual([own.ids.destination])
    for (const name of [other.organizationId, 'other']) {
      const asked = { ...headers, 'postrider-organization': name }
      expect((await fetch(`${postrider.url}/api/webhooks-management`, { headers: asked })).status).toBe(422)
    }
    expect((await fetch(`${postrider.url}/api/webhooks-management/${other.ids.destination}`, { headers })).status).toBe(
      404,
    )
  })
})

describe('manages its own destinations', () => {
  test('from making one to deleting it', async () => {
    const input = { organizationId: own.organizationId, label: 'Mine', config: { url: receiver.url } }
    const { destinationCreate } = await request(own.session, documents.DestinationCreateDocument, { input })
    const { id } = destinationCreate.destination!
    const revealed = await request(own.session, documents.DestinationSecretRevealDocument, { input: { id } })
    expect(revealed.destinationSecretReveal.signingSecret).toBe(destinationCreate.signingSecret)
    const tested = await request(own.session, documents.DestinationTestDocument, { input: { id, eventType: 'a' } })
    expect(tested.destinationTest.attempt?.outcome).toBe('SUCCESS')
    const deleted = await request(own.session, documents.DestinationDeleteDocument, { input: { id } })
    expect(deleted.destinationDelete.deletedId).toBe(id)
    const { auditLog } = await backend.send(documents.AuditLogDocument, { filter: { objectId: id } })
    expect(auditLog.nodes.map(({ action, actorKind }) => [action, actorKind])).toEqual([
      ['DESTINATION_DELETED', 'ORGANIZATION'],
      ['SECRET_REVEALED', 'ORGANIZATION'],
      ['DESTINATION_CREATED', 'ORGANIZATION'],
    ])
  })

  test.each([
    ['destinationCreate', () => ({ organizationId: other.organizationId, label: 'x', config: { url: receiver.url } })],
    ['destinationUpdate', () => ({ id: other.ids.destination, label: 'Taken over' })],
    ['destinationDelete', () => ({ id: other.ids.destination })],
    ['destinationEnable', () => ({ id: other.ids.destination })],
    ['destinationDisable', () => ({ id: other.ids.destination })],
    ['destinationSecretRotate', () => ({ id: other.ids.destination })],
    ['destinationSecretReveal', () => ({ id: other.ids.destination })],
    ['destinationTest', () => ({ id: other.ids.destination, eventType: 'a' })],
    ['destinationPreview', () => ({ destinationId: other.ids.destination, eventType: 'a' })],
    ['destinationUpgrade', () => ({ id: other.ids.destination })],
    ['connectorCheck', () => ({ connector: 'webhook', destinationId: other.ids.destination })],
    ['destinationRecover', () => ({ id: other.ids.destination, range: {} })],
    ['deliveryRetry', () => ({ id: other.deliveryId })],
    ['deliveryCancel', () => ({ id: other.deliveryId })],
    ['eventReplay', () => ({ id: other.ids.event })],
  ])("%s of another's is NOT_FOUND", async (mutation, input) => {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!`
    const query = `mutation ($input: ${type}) { ${mutation}(input: $input) { userErrors { code } } }`
    const { root } = await sendRaw(own.session, query, { input: input() })
    expect(root).toEqual({ userErrors: [{ code: 'NOT_FOUND' }] })
  })
})

test.each([
  ['eventPublish(input: { organizationExternalId: "own", type: "a", data: {} }) { duplicate }'],
  [
    'eventsPublish(input: { events: [{ organizationExternalId: "own", type: "a", data: {} }] }) { results { duplicate } }',
  ],
  ['organizationUpsert(input: { externalId: "own", name: "x" }) { organization { id } }'],
  ['organizationDelete(input: { id: "x" }) { deletedId }'],
  ['portalSessionCreate(input: { organizationId: "x" }) { token }'],
  ['portalSessionRevoke(input: { id: "x" }) { sessionId }'],
  ['apiKeyCreate(input: { name: "x" }) { secret }'],
  ['apiKeyRevoke(input: { id: "x" }) { apiKey { id } }'],
  ['applicationCreate(input: { name: "x" }) { apiKey }'],
  ['applicationUpdate(input: { name: "x" }) { application { id } }'],
  ['eventTypeUpsert(input: { name: "b" }) { eventType { id } }'],
  ['eventTypeArchive(input: { name: "a" }) { eventType { id } }'],
  ['query: auditLog { nodes { id } }'],
  ['query: viewer { application { apiKeys { id } } }'],
  ['query: viewer { application { operationsOrganization { id } } }'],
])('%s is FORBIDDEN', async (field) => {
  const text = field.startsWith('query: ') ? `{ ${field.slice(7)} }` : `mutation { ${field} }`
  expect((await sendRaw(own.session, text)).codes).toEqual(['FORBIDDEN'])
})

test('a key that is bound to the organization does the same, until it is revoked', async () => {
  const input = { name: 'Zapier of acme', organizationId: own.organizationId }
  const { apiKeyCreate } = await backend.send(documents.ApiKeyCreateDocument, { input })
  const bound = { url: postrider.url, key: apiKeyCreate.secret! }
  const { viewer } = await request(bound, documents.ViewerDocument, {})
  expect(viewer).toMatchObject({ kind: 'ORGANIZATION', organization: { id: own.organizationId } })
  const { destinations } = await request(bound, documents.DestinationsDocument, {})
  expect(destinations.nodes.map((node) => node.id)).toEqual([own.ids.destination])
  expect(
    (await sendRaw(bound, 'mutation { eventTypeArchive(input: { name: "a" }) { eventType { id } } }')).codes,
  ).toEqual(['FORBIDDEN'])
  const socket = openSocket(bound)
  const items = subscribe(socket, documents.FollowAttemptsDocument, {})
  expect((await items.next()).value?.deliveryAttempts.__typename).toBe('FeedCheckpoint')
  await backend.send(documents.ApiKeyRevokeDocument, { input: { id: apiKeyCreate.apiKey!.id } })
  await expect(items.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(request(bound, documents.ViewerDocument, {})).rejects.toThrow(/UNAUTHENTICATED|revoked/)

  const stranger = await postrider.application()
  const others = await stranger.send(documents.ApiKeyCreateDocument, { input })
  expect(others.apiKeyCreate.userErrors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'organizationId'] }])
})

test('a key goes with its organization', async () => {
  const organizationId = await backend.organization('leaving')
  const input = { name: 'n8n', organizationId }
  const { apiKeyCreate } = await backend.send(documents.ApiKeyCreateDocument, { input })
  await backend.send(documents.OrganizationDeleteDocument, { input: { id: organizationId } })
  const bound = { url: postrider.url, key: apiKeyCreate.secret! }
  await expect(request(bound, documents.ViewerDocument, {})).rejects.toThrow(/UNAUTHENTICATED|revoked/)
})

describe('ends', () => {
  test('with its time: calls are UNAUTHENTICATED, sockets close with 4403', async () => {
    // As the server signs them, with the key of the tests, for two seconds.
    const sessions = createPortalSessions([{ id: 'k1', key: Buffer.alloc(32) }])
    const token = await sessions.issue({
      id: newId('ses'),
      applicationId: backend.applicationId as never,
      organizationId: own.organizationId as never,
      keyId: undefined,
      expiresAt: new Date((Math.floor(Date.now() / 1_000) + 2) * 1_000),
    })
    const socket = await openRawSocket(token)
    const [code] = await once(socket, 'close')
    expect(code).toBe(4403)
    const answer = await sendRaw({ url: postrider.url, key: token }, '{ viewer { kind } }')
    expect([answer.status, ...answer.codes, answer.message]).toEqual([
      401,
      'UNAUTHENTICATED',
      'This session has expired; open the page again',
    ])
  })

  test('with the API key that made it, also in mid-stream', async () => {
    const { apiKeyCreate } = await backend.send(documents.ApiKeyCreateDocument, { input: { name: 'page' } })
    const session = await sessionOf(own.organizationId, { url: postrider.url, key: apiKeyCreate.secret! })
    const socket = await openRawSocket(session.key)
    const closed = once(socket, 'close')
    await backend.send(documents.ApiKeyRevokeDocument, { input: { id: apiKeyCreate.apiKey!.id } })
    expect((await closed)[0]).toBe(4401)
    expect((await sendRaw(session, '{ viewer { kind } }')).codes).toEqual(['UNAUTHENTICATED'])
  })

  test('with its organization, also in mid-stream', async () => {
    const organizationId = await backend.organization('leaving')
    const session = await sessionOf(organizationId)
    const socket = await openRawSocket(session.key)
    const closed = once(socket, 'close')
    await backend.send(documents.OrganizationDeleteDocument, { input: { id: organizationId } })
    expect((await closed)[0]).toBe(4401)
    expect((await sendRaw(session, '{ viewer { kind } }')).codes).toEqual(['UNAUTHENTICATED'])
  })
})

test('a token that was changed, or signed by somebody else, is UNAUTHENTICATED', async () => {
  const [head, , signature] = own.session.key.split('.')
  const claims = Buffer.from(
    JSON.stringify({
      app: backend.applicationId,
      sub: other.organizationId,
      aud: 'postrider-portal',
      exp: 4_000_000_000,
    }),
  )
  const forged = await createPortalSessions([{ id: 'k1', key: Buffer.alloc(32, 1) }]).issue({
    id: newId('ses'),
    applicationId: backend.applicationId as never,
    organizationId: own.organizationId as never,
    keyId: undefined,
    expiresAt: new Date(Date.now() + 60_000),
  })
  const unsigned = `${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${claims.toString('base64url')}.x`
  for (const key of [`${head}.${claims.toString('base64url')}.${signature}`, forged, unsigned]) {
    expect((await sendRaw({ url: postrider.url, key }, '{ viewer { kind } }')).codes).toEqual(['UNAUTHENTICATED'])
  }
})

test.each([
  [{ expiresInSeconds: 59 }, 'is at least 60', 'expiresInSeconds'],
  [{ expiresInSeconds: 86_401 }, 'is at most 86400', 'expiresInSeconds'],
  [{ organizationId: 'org_x' }, 'there is no organization org_x', 'organizationId'],
])('%j is refused', async (fields, message, field) => {
  const input = { organizationId: own.organizationId, ...fields }
  const { portalSessionCreate } = await backend.send(documents.PortalSessionCreateDocument, { input })
  expect(portalSessionCreate).toMatchObject({ token: null, userErrors: [{ message, path: ['input', field] }] })
})

interface Customer {
  readonly organizationId: string
  readonly session: Endpoint
  readonly deliveryId: string
  readonly ids: {
    readonly organization: string
    readonly destination: string
    readonly event: string
    readonly delivery: string
  }
}

async function openCustomer(externalId: string): Promise<Customer> {
  const organizationId = await backend.organization(externalId)
  const { id: destination } = await backend.destination({ organizationId, url: receiver.url })
  const { id: event, deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const delivery = deliveries[0]!.id
  await backend.finished(delivery)
  const ids = { organization: organizationId, destination, event, delivery }
  return { organizationId, session: await sessionOf(organizationId), deliveryId: delivery, ids }
}

async function sessionOf(organizationId: string, from = backend.endpoint): Promise<Endpoint & { key: string }> {
  const { portalSessionCreate } = await createSession(organizationId, from)
  return { url: postrider.url, key: portalSessionCreate.token! }
}

function createSession(organizationId: string, from: Endpoint = backend.endpoint) {
  return request(from, documents.PortalSessionCreateDocument, { input: { organizationId } })
}

async function publish({ organizationId }: Customer): Promise<string> {
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  await backend.finished(deliveries[0]!.id)
  return deliveries[0]!.id
}

/** A socket that was let in. */
async function openRawSocket(key: string): Promise<WebSocket> {
  const socket = new WebSocket(`${postrider.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
  await once(socket, 'message')
  return socket
}
