import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ApplicationCreateDocument,
  ApplicationUpdateDocument,
  DestinationCreateDocument,
  type DestinationCreateInput,
  DestinationDocument,
  DestinationSecretRotateDocument,
  DestinationUpdateDocument,
  EventPublishDocument,
  type EventPublishInput,
  EventsPublishDocument,
  OrganizationUpsertDocument,
} from '../src/client/generated/documents.ts'
import { request } from '../src/client/request.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { fetchRaw, type RawAnswer, sendRaw } from './support/raw-request.ts'

const NOBODY = 'org_01k00000000000000000000000'
const PAYLOAD_SCHEMA = {
  type: 'object',
  properties: {
    total: { type: 'integer' },
    lines: { type: 'array', items: { properties: { sku: { minLength: 3 } } } },
  },
  required: ['total'],
}

let postrider: TestPostrider
/** Nothing is stored by what is refused, so one application serves all. */
let backend: Backend
let organizationId: string
let destinationId: string
beforeAll(async () => {
  postrider = await startTestPostrider({ POSTRIDER_OUTBOUND_ALLOW: '127.0.0.2/32' })
  backend = await postrider.application()
  await backend.eventType('order.placed', { payloadSchema: PAYLOAD_SCHEMA })
  await backend.eventType('any')
  await backend.eventType('old', { status: 'ARCHIVED' })
  organizationId = await backend.organization('acme')
  destinationId = (await backend.destination({ organizationId, key: 'main', url: 'http://127.0.0.2:9/' })).id
})
afterAll(() => postrider[Symbol.asyncDispose]())

describe('a publish is refused, with field and reason, and nothing is stored', () => {
  test.each<[what: string, input: Partial<EventPublishInput>, error: object]>([
    ['an unknown type', { type: 'nope' }, { code: 'EVENT_TYPE_UNKNOWN', path: ['input', 'type'] }],
    ['an archived type', { type: 'old' }, { code: 'EVENT_TYPE_UNKNOWN', message: expect.stringMatching('archived') }],
    [
      'data that breaks its schema',
      { type: 'order.placed', data: {} },
      { __typename: 'PayloadError', code: 'PAYLOAD_INVALID', path: ['input', 'data'], jsonPointer: '' },
    ],
    [
      'data that breaks its schema inside',
      { type: 'order.placed', data: { total: 1, lines: [{ sku: 'abc' }, { sku: 'x' }] } },
      { __typename: 'PayloadError', path: ['input', 'data'], jsonPointer: '/lines/1/sku' },
    ],
    ['data of one byte too many', { data: 'x'.repeat(262_143) }, { code: 'LIMIT_EXCEEDED', path: ['input', 'data'] }],
    ['no organization', { organizationId: null }, { code: 'REQUIRED', path: ['input', 'organizationId'] }],
    ['two organizations', { organizationExternalId: 'acme' }, { code: 'REQUIRED', path: ['input', 'organizationId'] }],
    ['an unknown organization', { organizationId: NOBODY }, { code: 'NOT_FOUND', path: ['input', 'organizationId'] }],
    [
      'an unknown external id',
      { organizationId: null, organizationExternalId: 'ghost' },
      { code: 'NOT_FOUND', path: ['input', 'organizationExternalId'] },
    ],
    ['too long an idempotency key', { idempotencyKey: 'k'.repeat(256) }, { path: ['input', 'idempotencyKey'] }],
    ['an empty idempotency key', { idempotencyKey: '' }, { code: 'INVALID', path: ['input', 'idempotencyKey'] }],
  ])('%s', async (_, input, error) => {
    const { eventPublish } = await unchanged(() =>
      backend.send(EventPublishDocument, { input: { organizationId, type: 'any', data: {}, ...input } }),
    )
    expect(eventPublish).toMatchObject({ event: null, duplicate: false, userErrors: [error] })
  })

  test('every mistake of one request is named', async () => {
    const input = { organizationId, type: 'order.placed', data: { total: 'x', lines: 3 } }
    const { eventPublish } = await backend.send(EventPublishDocument, { input })
    expect(eventPublish.userErrors.map((error) => 'jsonPointer' in error && error.jsonPointer)).toEqual([
      '/total',
      '/lines',
    ])
  })
})

test('data of exactly 256 KB is taken', async () => {
  const { id } = await backend.publish({ organizationId, type: 'any', data: 'x'.repeat(262_142) })
  expect(id).toMatch(/^evt_/)
})

test('one bad event of a batch is named by its place, the others are told that they were not stored', async () => {
  const events = [{ data: { total: 1 } }, { data: { total: 'x' } }].map((event) => ({
    organizationId,
    type: 'order.placed',
    ...event,
  }))
  const { eventsPublish } = await unchanged(() => backend.send(EventsPublishDocument, { input: { events } }))
  const path = ['input', 'events', '1', 'data']
  expect(eventsPublish.results).toMatchObject([
    { event: null, userErrors: [{ code: 'NOT_STORED', path: ['input', 'events', '0'] }] },
    { event: null, userErrors: [{ __typename: 'PayloadError', path, jsonPointer: '/total' }] },
  ])
  expect(eventsPublish.userErrors).toMatchObject([{ code: 'PAYLOAD_INVALID', path }])
})

test.each([
  [0, 'REQUIRED'],
  [1_001, 'LIMIT_EXCEEDED'],
])('a batch of %i events is refused', async (length, code) => {
  const events = Array.from({ length }, () => ({ organizationId, type: 'any', data: {} }))
  const { eventsPublish } = await unchanged(() => backend.send(EventsPublishDocument, { input: { events } }))
  expect(eventsPublish).toMatchObject({ results: [], userErrors: [{ code, path: ['input', 'events'] }] })
})

describe('a destination is refused, with field and reason, and nothing is stored', () => {
  type Refusal = [what: string, input: Partial<DestinationCreateInput>, error: object]
  const notAllowed = (url: string): Refusal => [`the target ${url}`, { config: { url } }, urlError]
  const urlError = {
    __typename: 'ConnectorConfigError',
    code: 'URL_NOT_ALLOWED',
    path: ['input', 'config', 'url'],
    jsonPointer: '/url',
  }
  const configError = { __typename: 'ConnectorConfigError', code: 'CONFIG_INVALID' }
  test.each<Refusal>([
    notAllowed('http://10.0.0.1/hook'),
    notAllowed('http://169.254.169.254/latest/meta-data'),
    notAllowed('http://[::ffff:169.254.169.254]/'),
    notAllowed('http://127.1/'),
    notAllowed('http://localhost:4000/'),
    notAllowed('http://printer/'),
    notAllowed('http://db.internal/'),
    notAllowed('https://user:secret@example.com/'),
    notAllowed('ftp://example.com/'),
    notAllowed('not a url'),
    ['no URL', { config: {} }, { ...configError, path: ['input', 'config', 'url'], jsonPointer: '/url' }],
    ['a URL that is a number', { config: { url: 1 } }, { ...configError, jsonPointer: '/url' }],
    ['an unknown setting', { config: { url: 'https://example.com/', x: 1 } }, { ...configError, jsonPointer: '' }],
    ['settings over 64 KB', { config: { url: 'x'.repeat(65_536) } }, { code: 'LIMIT_EXCEEDED' }],
    ['needless credentials', { credentials: { token: 'x' } }, { ...configError, path: ['input', 'credentials'] }],
    ['an unknown connector', { connector: 'pigeon' }, { code: 'NOT_FOUND', path: ['input', 'connector'] }],
    ['an unknown organization', { organizationId: NOBODY }, { code: 'NOT_FOUND', path: ['input', 'organizationId'] }],
    ['an empty label', { label: '  ' }, { code: 'INVALID', path: ['input', 'label'] }],
    ['a label over 200 characters', { label: 'x'.repeat(201) }, { path: ['input', 'label'] }],
    ['a taken key', { key: 'main' }, { code: 'TAKEN', path: ['input', 'key'] }],
    ['a key with spaces', { key: 'a b' }, { code: 'INVALID', path: ['input', 'key'] }],
    ['a short secret', { signingSecret: 'fifteen-letters' }, { code: 'INVALID', path: ['input', 'signingSecret'] }],
    ['a secret with spaces', { signingSecret: 'sixteen letters and' }, { path: ['input', 'signingSecret'] }],
    ['an unknown type', { eventTypes: ['any', 'nope'] }, { code: 'EVENT_TYPE_UNKNOWN', path: eventTypesPath(1) }],
    ...['*', '.*', 'a.*.b', 'a.b*', 'a..b', 'a b', ''].map(
      (pattern): Refusal => [`the pattern "${pattern}"`, { eventTypes: [pattern] }, { path: eventTypesPath(0) }],
    ),
    ['201 subscriptions', { eventTypes: Array(201).fill('any') }, { path: ['input', 'eventTypes'] }],
  ])('%s', async (_, input, error) => {
    const valid = { organizationId, label: 'Shop', config: { url: 'https://example.com/' } }
    const { destinationCreate } = await unchanged(() =>
      backend.send(DestinationCreateDocument, { input: { ...valid, ...input } }),
    )
    expect(destinationCreate).toMatchObject({ destination: null, signingSecret: null, userErrors: [error] })
    expect(destinationCreate.userErrors[0]!.message).toBeTruthy()
  })

  test('a plain http target, where the profile asks for https', async () => {
    const strict = await postrider.application({ httpsOnly: true })
    const input = { organizationId: await strict.organization(), label: 'x', config: { url: 'http://example.com/' } }
    const { destinationCreate } = await unchanged(() => strict.send(DestinationCreateDocument, { input }))
    expect(destinationCreate).toMatchObject({ destination: null, userErrors: [urlError] })
  })

  test('a change to a target that is not allowed leaves the destination as it was', async () => {
    const before = await backend.send(DestinationDocument, { id: destinationId })
    const input = { id: destinationId, label: 'New', config: { url: 'http://10.0.0.1/' } }
    const { destinationUpdate } = await backend.send(DestinationUpdateDocument, { input })
    expect(destinationUpdate).toMatchObject({ destination: null, userErrors: [urlError] })
    expect(await backend.send(DestinationDocument, { id: destinationId })).toEqual(before)
  })

  test.each<[what: string, input: object, field: string]>([
    ['a short secret', { secret: 'short' }, 'secret'],
    ['a negative overlap', { overlapSeconds: -1 }, 'overlapSeconds'],
    ['an overlap over 30 days', { overlapSeconds: 30 * 86_400 + 1 }, 'overlapSeconds'],
  ])('rotation with %s', async (_, input, field) => {
    const { destinationSecretRotate } = await unchanged(() =>
      backend.send(DestinationSecretRotateDocument, { input: { id: destinationId, ...input } }),
    )
    expect(destinationSecretRotate).toMatchObject({
      signingSecret: null,
      userErrors: [{ code: 'INVALID', path: ['input', field] }],
    })
  })
})

test.each([
  ['timeoutMs', 10],
  ['timeoutMs', 60_001],
  ['retryJitter', 2],
  ['retryJitter', -0.1],
  ['retryDelays', Array(51).fill(1)],
  ['retryDelays', [-1]],
])('a delivery profile with %s = %j is refused, new or changed', async (field, value) => {
  const deliveryProfile = { [field]: value }
  const error = { code: 'INVALID', path: expect.arrayContaining(['input', 'deliveryProfile', field]) }
  await unchanged(async () => {
    const input = { name: 'Shop', deliveryProfile }
    const { applicationCreate } = await request(postrider.operator, ApplicationCreateDocument, { input })
    expect(applicationCreate).toMatchObject({ application: null, apiKey: null, userErrors: [error] })
    const { applicationUpdate } = await backend.send(ApplicationUpdateDocument, { input })
    expect(applicationUpdate).toMatchObject({ application: null, userErrors: [error] })
  })
})

test('the external id of another organization is TAKEN', async () => {
  const other = await backend.organization('globex')
  const input = { id: other, externalId: 'acme', name: 'Globex' }
  const { organizationUpsert } = await unchanged(() => backend.send(OrganizationUpsertDocument, { input }))
  expect(organizationUpsert).toMatchObject({ userErrors: [{ code: 'TAKEN', path: ['input', 'externalId'] }] })
})

describe('lists refuse what is no page of theirs', () => {
  const lists = ['events', 'deliveries', 'destinations', 'organizations', 'eventTypes', 'deliveryAttempts']
  const ask = (list: string, args: string) => sendRaw(backend.endpoint, `{ ${list}(${args}) { nodes { id } } }`)

  test.each(lists)('%s', async (list) => {
    for (const first of [0, -1, 101]) {
      const { root, codes, message } = await ask(list, `first: ${first}`)
      expect({ root, codes, message }).toMatchObject({
        codes: ['BAD_USER_INPUT'],
        message: expect.stringMatching('^first: is 1 to 100'),
      })
    }
    const foreign = list === 'events' ? 'organizations' : 'events'
    const feedLike = (position: string) => Buffer.from(position).toString('base64url')
    const attempt = 'att_00000000000000000000000000'
    const cursors = [
      'x',
      '',
      '\u0000',
      await cursorOf(foreign),
      ...[feedLike('c1.nope'), feedLike(`f1.1.99999999999999999999.${attempt}`), feedLike(`f2.1.1.${attempt}`)],
    ]
    for (const after of cursors) {
      const { codes, message } = await ask(list, `after: ${JSON.stringify(after)}`)
      expect({ after, codes, message }).toMatchObject({
        codes: ['BAD_USER_INPUT'],
        message: expect.stringMatching('^after: is no cursor'),
      })
    }
  })

  test.each([0, 10_001])('count(max: %i)', async (max) => {
    const { codes, message } = await sendRaw(backend.endpoint, `{ events { count(max: ${max}) { value } } }`)
    expect({ codes, message }).toMatchObject({
      codes: ['BAD_USER_INPUT'],
      message: expect.stringMatching('^max: is 1 to 10000'),
    })
  })

  test.each(['P9999999D', '-P99999999999999999999D', 'P', '-PT', 'yesterday', '2026-02-31T99:00:00Z', '2026-01-01'])(
    'a range from %s',
    async (from) => {
      const { codes, message } = await ask('events', `filter: { createdAt: { from: "${from}" } }`)
      expect(codes.length).toBeGreaterThan(0)
      expect(message).toMatch(/is no (ISO-8601 instant|duration)/)
      expect(codes).not.toContain('INTERNAL')
    },
  )

  async function cursorOf(list: string): Promise<string> {
    if (list === 'events') await backend.publish({ organizationId, type: 'any', data: {} })
    const { root } = await sendRaw(backend.endpoint, `{ ${list}(first: 1) { edges { cursor } } }`)
    return (root as { edges: [{ cursor: string }] }).edges[0].cursor
  }
})

describe('an id that is none finds nothing', () => {
  const ids = [
    'x',
    '',
    'evt_',
    'dst_\u0000',
    NOBODY.toUpperCase(),
    `${NOBODY}0`,
    "dst_' or 1=1",
    'org_8zzzzzzzzzzzzzzzzzzzzzzzzz',
  ]
  test.each(['destination', 'event', 'delivery', 'organization'])('query %s', async (field) => {
    for (const id of [...ids, NOBODY.replace('org', 'app')]) {
      const { root, codes } = await sendRaw(backend.endpoint, `query ($id: ID!) { ${field}(id: $id) { id } }`, { id })
      expect({ id, root, codes }).toEqual({ id, root: null, codes: [] })
    }
  })

  test.each([
    'apiKeyRevoke',
    'deliveryRetry',
    'destinationDelete',
    'destinationDisable',
    'destinationEnable',
    'destinationSecretReveal',
    'destinationSecretRotate',
    'destinationUpdate',
    'organizationDelete',
  ])('mutation %s', async (field) => {
    for (const id of ids) {
      const { root, codes } = await unchanged(() => mutate(field, { id }))
      expect({ id, root, codes }).toEqual({
        id,
        root: { userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }] },
        codes: [],
      })
    }
  })
})

describe('a NUL character or half a surrogate pair is refused with the field, or finds nothing', () => {
  const texts = ['x\u0000y', 'x\ud800y']
  const minimal = () => ({ organizationId, label: 'x', config: { url: 'https://example.com/' } })
  const existing = () => ({ id: destinationId })
  test.each<[mutation: string, field: string, others?: () => object]>([
    ['applicationUpdate', 'name'],
    ['apiKeyCreate', 'name'],
    ['organizationUpsert', 'name'],
    ['organizationUpsert', 'externalId', () => ({ name: 'x' })],
    ['eventTypeUpsert', 'name'],
    ['eventTypeUpsert', 'description', () => ({ name: 'new' })],
    ['eventTypeUpsert', 'group', () => ({ name: 'new' })],
    ['eventTypeArchive', 'name'],
    ['destinationCreate', 'key', minimal],
    ['destinationCreate', 'label', minimal],
    ['destinationCreate', 'description', minimal],
    ['destinationCreate', 'connector', minimal],
    ['destinationCreate', 'signingSecret', minimal],
    ['destinationCreate', 'eventTypes', minimal],
    ['destinationUpdate', 'label', existing],
    ['destinationUpdate', 'eventTypes', existing],
    ['destinationSecretRotate', 'secret', existing],
    ['destinationTest', 'eventType', existing],
    ['eventPublish', 'type', () => ({ organizationId, data: {} })],
    ['eventPublish', 'organizationExternalId', () => ({ type: 'any', data: {} })],
    ['eventPublish', 'idempotencyKey', () => ({ organizationId, type: 'any', data: {} })],
  ])('%s, input.%s', async (mutation, field, others) => {
    for (const text of texts) {
      const input = { ...others?.(), [field]: field === 'eventTypes' ? [text] : text }
      const { root, codes } = await unchanged(() => mutate(mutation, input))
      expect(codes).toEqual([])
      expect((root as { userErrors: [{ path: string[] }] }).userErrors[0].path.slice(0, 2)).toEqual(['input', field])
    }
  })

  test.each([
    ['organization(externalId: $text) { id }', 'externalId'],
    ['organizations(search: $text) { nodes { id } }', 'search'],
    ['events(filter: { types: [$text] }) { nodes { id } }', 'filter.types'],
    ['deliveries(filter: { eventTypes: [$text] }) { nodes { id } }', 'filter.eventTypes'],
    ['deliveryAttempts(filter: { eventTypes: [$text] }) { nodes { id } }', 'filter.eventTypes'],
    ['destinations(filter: { connectors: [$text] }) { nodes { id } }', 'filter.connectors'],
    ['destinations(filter: { eventType: $text }) { nodes { id } }', 'filter.eventType'],
    ['destinations(filter: { search: $text }) { nodes { id } }', 'filter.search'],
  ])('%s', async (field, name) => {
    for (const text of texts) {
      const { codes, message } = await sendRaw(backend.endpoint, `query ($text: String!) { ${field} }`, { text })
      expect({ codes, message }).toMatchObject({
        codes: ['BAD_USER_INPUT'],
        message: `${name}: holds a NUL character or half a surrogate pair`,
      })
    }
  })

  test.each(['eventType(name: $text) { id }', 'connector(key: $text) { key }'])('%s', async (field) => {
    for (const text of texts) {
      const { root, codes } = await sendRaw(backend.endpoint, `query ($text: String!) { ${field} }`, { text })
      expect({ root, codes }).toEqual({ root: null, codes: [] })
    }
  })

  test('but the data of an event may hold them: JSON has escapes for both', async () => {
    const data = { 'x\u0000y': ['x\ud800y'] }
    const { eventPublish } = await backend.send(EventPublishDocument, { input: { organizationId, type: 'any', data } })
    expect(eventPublish).toMatchObject({ event: { data }, userErrors: [] })
  })
})

describe('a request that is no operation of the API is refused', () => {
  const mutation = 'mutation { organizationUpsert(input: { name: "Sneaky" }) { organization { id } } }'
  const viewer = JSON.stringify({ query: '{ viewer { kind } }' })
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const publish =
    'mutation ($data: JSON!) { eventPublish(input: { organizationId: "x", type: "any", data: $data }) { duplicate } }'
  test.each<[what: string, init: RequestInit & { query?: string }, status: number, code: string]>([
    ['a body over 5 MB', { body: viewer.padEnd(5 * 1_024 * 1_024 + 1) }, 413, 'BAD_USER_INPUT'],
    ['a body that is no JSON', { body: '{"query": ' }, 400, 'BAD_USER_INPUT'],
    ['an empty body', { body: '' }, 400, 'BAD_USER_INPUT'],
    [
      'a form',
      { body: 'query={}', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'BAD_USER_INPUT',
    ],
    ['plain text, which a foreign page could send', text(mutation), 400, 'BAD_USER_INPUT'],
    ['a mutation by GET', get(mutation), 405, 'BAD_USER_INPUT'],
    ['a GET that a foreign page could send', get('{ viewer { kind } }', 'text/plain'), 400, 'BAD_USER_INPUT'],
    ['a batch of operations', { body: `[${viewer}]` }, 400, 'BAD_USER_INPUT'],
    ['a query that is no text', { body: '{"query": 3}' }, 400, 'BAD_USER_INPUT'],
    ['an unknown field', json('{ viewer { shoeSize } }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a syntax error', json('{ viewer { '), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing argument', json('{ event { id } }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two operations and no name',
      json('query a { viewer { kind } } query b { viewer { kind } }'),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a variable of a wrong type',
      json('query ($n: Int) { events(first: $n) { nodes { id } } }', { n: 'ten' }),
      400,
      'BAD_USER_INPUT',
    ],
    ['a variable that is missing', json('query ($id: ID!) { event(id: $id) { id } }'), 400, 'BAD_USER_INPUT'],
    [
      'null for an argument with a default',
      json('query ($id: ID = "x") { event(id: $id) { id } }', { id: null }),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a config that is a list',
      json(
        'mutation ($c: JSONObject!) { destinationCreate(input: { organizationId: "x", label: "x", config: $c }) { signingSecret } }',
        { c: [] },
      ),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'data thousands of levels deep',
      { body: JSON.stringify({ query: publish, variables: { data: 0 } }).replace(':0}', `:${deep}}`) },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a query thousands of levels deep',
      json(`{ events(filter: ${deep}) { nodes { id } } }`),
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a subscription over HTTP', json('subscription { deliveryAttempts { cursor } }'), 200, 'BAD_USER_INPUT'],
  ])('%s', async (_, init, status, code) => {
    const headers = { authorization: `Bearer ${backend.endpoint.key}`, ...(init.headers as object) }
    const answer = await unchanged(() => fetchRaw(postrider.url, { ...init, headers }))
    expect(answer).toMatchObject({ status, codes: [code] })
    expect(answer.text).not.toMatch(/node_modules|stacktrace/)
  })

  function json(query: string, variables = {}): RequestInit {
    return { body: JSON.stringify({ query, variables }) }
  }

  function text(query: string): RequestInit {
    return { ...json(query), headers: { 'content-type': 'text/plain' } }
  }

  function get(query: string, type?: string) {
    return {
      method: 'GET',
      query: `?query=${encodeURIComponent(query)}`,
      ...(type && { headers: { 'content-type': type } }),
    }
  }
})

describe('of changes made at once', () => {
  test.each<[mutation: string, input: (i: number) => object]>([
    ['destinationUpdate', (i) => ({ id: destinationId, label: `Label ${i}` })],
    ['destinationDisable', () => ({ id: destinationId })],
    ['destinationEnable', () => ({ id: destinationId })],
    ['destinationSecretRotate', () => ({ id: destinationId })],
    ['eventTypeUpsert', (i) => ({ name: 'any', description: `Text ${i}` })],
    ['applicationUpdate', (i) => ({ deliveryProfile: { timeoutMs: 1_000 + i } })],
  ])('%s none fails', async (mutation, input) => {
    const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => mutate(mutation, input(i))))
    for (const { root, codes } of answers) expect({ root, codes }).toEqual({ root: { userErrors: [] }, codes: [] })
  })
})

test('what went wrong on our side shows as INTERNAL, without a word of it', async () => {
  await using broken = await startTestPostrider()
  const own = await broken.application()
  await broken.database.query('drop table event_type cascade')
  const answer = await sendRaw(own.endpoint, '{ eventTypes { nodes { id } } }')
  expect(answer.codes).toEqual(['INTERNAL'])
  expect(answer.message).toBe('Something went wrong on our side')
  expect(answer.text).not.toMatch(/event_type|relation|select|stack|\.ts/i)
})

function eventTypesPath(index: number): string[] {
  return ['input', 'eventTypes', String(index)]
}

/** A mutation by its name, asked for its userErrors only. */
function mutate(name: string, input: object): Promise<RawAnswer> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`
  const query = `mutation ($input: ${type}) { ${name}(input: $input) { userErrors { code path } } }`
  return sendRaw(backend.endpoint, query, { input })
}

/** Runs the work and sees to it that no table has one row more or less. */
async function unchanged<T>(work: () => Promise<T>): Promise<T> {
  const before = await countRows()
  const result = await work()
  expect(await countRows()).toEqual(before)
  return result
}

async function countRows(): Promise<Record<string, number>> {
  const tables = [
    ...['application', 'delivery_profile_version', 'api_key', 'organization', 'event_type', 'destination'],
    ...['destination_health', 'signing_secret', 'event', 'delivery', 'idempotency_key'],
  ]
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`)
  const [row] = await postrider.database.query<Record<string, number>>(`select ${counts.join(', ')}`)
  return row!
}
