import type { Client } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ApiKeyCreateDocument,
  ApiKeyRevokeDocument,
  ApplicationsDocument,
  FollowAttemptsDocument,
  ViewerDocument,
} from '../src/client/generated/documents.ts'
import { type Endpoint, request } from '../src/client/request.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { fetchRaw, sendRaw } from './support/raw-request.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const VIEWER = '{ viewer { kind application { id } } }'

describe('a call is UNAUTHENTICATED', () => {
  test.each<[what: string, headers: Record<string, string>]>([
    ['without a key', {}],
    ['with an empty key', { authorization: 'Bearer ' }],
    ['with a wrong key', { authorization: 'Bearer prk_wrong' }],
    ['with a key that holds spaces', { authorization: 'Bearer a b' }],
    ['by another scheme', { authorization: 'Basic b3BlcmF0b3I6a2V5' }],
  ])('%s, whatever it asks', async (_, headers) => {
    for (const query of [
      VIEWER,
      '{ shoeSize }',
      'mutation { organizationUpsert(input: { name: "By nobody" }) { organization { id } } }',
    ]) {
      const answer = await fetchRaw(postrider.url, { headers, body: JSON.stringify({ query }) })
      expect(answer).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'], root: undefined })
    }
    expect(await postrider.database.query("select 1 from organization where name = 'By nobody'")).toEqual([])
  })

  test('with the hash of a key, as the table has it', async () => {
    await postrider.application()
    const [row] = await postrider.database.query<{ hash: string }>('select hash from api_key')
    expect(await sendRaw({ url: postrider.url, key: row!.hash }, VIEWER)).toMatchObject({ status: 401 })
  })

  test('from the moment that its key is revoked, while other keys go on', async () => {
    const backend = await postrider.application()
    const { id, endpoint } = await anotherKey(backend)
    expect(await sendRaw(endpoint, VIEWER)).toMatchObject({ status: 200, codes: [] })
    const { apiKeyRevoke } = await backend.send(ApiKeyRevokeDocument, { input: { id } })
    expect(apiKeyRevoke).toMatchObject({ apiKey: { id, revokedAt: expect.any(String) }, userErrors: [] })
    expect(await sendRaw(endpoint, VIEWER)).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] })
    expect(await sendRaw(backend.endpoint, VIEWER)).toMatchObject({ status: 200, codes: [] })
  })
})

describe('viewer tells who is calling', () => {
  test('an application by its key', async () => {
    const { applicationId, send } = await postrider.application()
    expect(await send(ViewerDocument, {})).toMatchObject({
      viewer: { kind: 'APPLICATION', application: { id: applicationId } },
    })
  })

  test('an operator, outside of an application and inside', async () => {
    const { applicationId } = await postrider.application()
    const outside = await request(postrider.operator, ViewerDocument, {})
    expect(outside.viewer).toEqual({ kind: 'OPERATOR', organization: null, application: null })
    const inside = await request({ ...postrider.operator, applicationId }, ViewerDocument, {})
    expect(inside.viewer).toMatchObject({ kind: 'OPERATOR', application: { id: applicationId } })
  })
})

describe('the operator key', () => {
  test.each([
    '{ events { nodes { id } } }',
    '{ organization(externalId: "acme") { id } }',
    '{ destination(id: "x") { id } }',
    'mutation { organizationUpsert(input: { name: "x" }) { userErrors { code } } }',
    'mutation { eventPublish(input: { organizationId: "x", type: "x", data: 1 }) { duplicate } }',
    'mutation { apiKeyCreate(input: { name: "x" }) { secret } }',
  ])('without postrider-application is FORBIDDEN to send %s, with it may', async (query) => {
    const { applicationId } = await postrider.application()
    const outside = await sendRaw(postrider.operator, query)
    expect(outside.codes).toEqual(['FORBIDDEN'])
    expect(outside.message).toContain('postrider-application')
    expect(await sendRaw({ ...postrider.operator, applicationId }, query)).toMatchObject({ codes: [] })
  })

  test.each(['nonsense', 'app_00000000000000000000000000'])(
    'with postrider-application: %s is FORBIDDEN',
    async (id) => {
      const answer = await sendRaw({ ...postrider.operator, applicationId: id }, VIEWER)
      expect([answer.status, answer.codes]).toEqual([403, ['FORBIDDEN']])
    },
  )

  test('follows the feed of the application that the connection parameters name, and of none without', async () => {
    const { applicationId } = await postrider.application()
    await using inside = connect({ ...postrider.operator, applicationId })
    const { value } = await subscribe(inside.client, FollowAttemptsDocument, {}).next()
    expect(value).toMatchObject({ deliveryAttempts: { __typename: 'FeedCheckpoint', caughtUp: true } })
    await using outside = connect(postrider.operator)
    await expect(subscribe(outside.client, FollowAttemptsDocument, {}).next()).rejects.toThrow(
      'Act inside an application',
    )
  })
})

test('an API key cannot make applications', async () => {
  const { endpoint, applicationId } = await postrider.application()
  const create = 'mutation { applicationCreate(input: { name: "Mine" }) { apiKey } }'
  expect(await sendRaw(endpoint, create)).toMatchObject({ codes: ['FORBIDDEN'] })
  // Nor by a header that is the operator's.
  expect(await sendRaw({ ...endpoint, applicationId }, create)).toMatchObject({ codes: ['FORBIDDEN'] })
  expect(await postrider.database.query("select 1 from application where name = 'Mine'")).toEqual([])
})

test('a key is shown once: afterwards there is its hint, and no table holds its text', async () => {
  const backend = await postrider.application()
  const { id, endpoint } = await anotherKey(backend)
  const { applications } = await backend.send(ApplicationsDocument, {})
  const [newest, first] = applications[0]!.apiKeys
  expect(newest).toMatchObject({ id, name: 'Another', hint: `${endpoint.key.slice(0, 8)}…`, revokedAt: null })
  expect(first).toMatchObject({ name: 'First key', lastUsedAt: expect.any(String) })
  expect(JSON.stringify(applications)).not.toContain(endpoint.key)
  const rows = await postrider.database.query(
    'select a.*, k.* from api_key k join application a on a.id = application_id',
  )
  expect(rows.length).toBeGreaterThan(1)
  for (const key of [endpoint.key, backend.endpoint.key]) expect(JSON.stringify(rows)).not.toContain(key.slice(12))
})

describe('a socket', () => {
  test.each(['', 'prk_wrong'])('with the key "%s" is closed with 4401', async (key) => {
    await using socket = connect({ url: postrider.url, key })
    await expect(subscribe(socket.client, FollowAttemptsDocument, {}).next()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    expect(await socket.closed).toBe(4401)
  })

  test('is closed with 4401 when its key is revoked, and those of other keys stay open', async () => {
    const backend = await postrider.application()
    const { id, endpoint } = await anotherKey(backend)
    await using revoked = connect(endpoint)
    await using other = connect(backend.endpoint)
    const items = subscribe(revoked.client, FollowAttemptsDocument, {})
    const others = subscribe(other.client, FollowAttemptsDocument, {})
    await Promise.all([items.next(), others.next()])
    const next = items.next()
    await Promise.all([
      backend.send(ApiKeyRevokeDocument, { input: { id } }),
      expect(next).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }),
    ])
    expect(await revoked.closed).toBe(4401)
    expect(other.isOpen()).toBe(true)
  })

  test.each([
    ['query', VIEWER],
    ['mutation', 'mutation { organizationUpsert(input: { name: "By socket" }) { organization { id } } }'],
  ])('takes no %s', async (kind, query) => {
    const { endpoint } = await postrider.application()
    await using socket = connect(endpoint)
    await expect(socket.client.iterate({ query }).next()).rejects.toMatchObject([
      { message: `Send a ${kind} over HTTP; the socket takes subscriptions`, extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(await postrider.database.query("select 1 from organization where name = 'By socket'")).toEqual([])
  })

  test.each([
    ['that does not parse', 'subscription {'],
    ['of an unknown field', 'subscription { shoeSize }'],
    ['with a field beside the first', 'subscription { deliveryAttempts { cursor } delivery(id: "x") { id } }'],
  ])('refuses a subscription %s and stays open', async (_, query) => {
    const { endpoint } = await postrider.application()
    await using socket = connect(endpoint)
    await expect(socket.client.iterate({ query }).next()).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
  })
})

async function anotherKey({ endpoint, send }: Backend): Promise<{ id: string; endpoint: Endpoint }> {
  const { apiKeyCreate } = await send(ApiKeyCreateDocument, { input: { name: 'Another' } })
  return { id: apiKeyCreate.apiKey!.id, endpoint: { url: endpoint.url, key: apiKeyCreate.secret! } }
}

interface Socket extends AsyncDisposable {
  readonly client: Client
  /** The code with which it was closed. */
  readonly closed: Promise<number>
  isOpen(): boolean
}

function connect(endpoint: Endpoint): Socket {
  const client = openSocket(endpoint, { retryAttempts: 0 })
  let open = false
  client.on('connected', () => {
    open = true
  })
  const closed = new Promise<number>((resolve) =>
    client.on('closed', (event) => {
      open = false
      resolve((event as { code: number }).code)
    }),
  )
  return { client, closed, isOpen: () => open, [Symbol.asyncDispose]: async () => client.dispose() }
}
