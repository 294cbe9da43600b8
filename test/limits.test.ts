import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { fetchRaw, sendRaw } from './support/raw-request.ts'
import { openAcknowledged } from './support/raw-socket.ts'

// What one operation may ask for, refused with the same words over HTTP and over a socket.

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
})
afterAll(() => postrider[Symbol.asyncDispose]())

/** Under an attempt, this number of fields inside fields: of an attempt's delivery's attempt, and so on. */
const nested = (fields: number): string =>
  fields === 0 ? 'id' : fields === 1 ? 'delivery { id }' : `delivery { lastAttempt { ${nested(fields - 2)} } }`
const repeat = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ')

/** Each as what stands under an attempt, and what it is refused with. */
const tooMuch: [what: string, under: string, message: string][] = [
  ['depth', nested(11), 'depth 14; at most 12'],
  ['aliases', repeat(31, (n) => `a${n}: id`), 'aliases 31; at most 30'],
  ['aliases that fragments hide', `${repeat(4, () => '...x')}`, 'aliases 32; at most 30'],
  ['cost', 'delivery { event { deliveries(first: 100) { nodes { attempts(first: 100) { nodes { id } } } } } }', 'cost'],
  ['tokens', repeat(2_000, () => 'id'), '2000 tokens'],
]
const FRAGMENT = `fragment x on DeliveryAttempt { ${repeat(8, (n) => `f${n}: id`)} }`
const withFragment = (under: string) => (under.includes('...x') ? FRAGMENT : '')

describe.each(tooMuch)('too much of %s', (_, under, message) => {
  test('is refused over HTTP', async () => {
    const query = `{ deliveryAttempts(first: 1) { nodes { ${under} } } } ${withFragment(under)}`
    const answer = await sendRaw(backend.endpoint, query)
    expect([answer.status, answer.root, answer.codes]).toEqual([400, undefined, ['QUERY_TOO_COMPLEX']])
    expect(answer.message).toContain(message)
  })

  test('and over a socket', async () => {
    await using raw = await openAcknowledged(postrider.url, backend.endpoint.key)
    const query = `subscription { deliveryAttempts { ... on DeliveryAttemptRecorded { attempt { ${under} } } } } ${withFragment(under)}`
    raw.send({ id: '1', type: 'subscribe', payload: { query } as never })
    const { type, payload } = await raw.next()
    expect(type).toBe('error')
    expect(payload).toEqual([
      expect.objectContaining({ message: expect.stringContaining(message), extensions: { code: 'QUERY_TOO_COMPLEX' } }),
    ])
  })
})

test('more than ten root fields are refused, also out of fragments', async () => {
  const ten = repeat(10, () => 'viewer { kind }')
  expect((await sendRaw(backend.endpoint, `{ ${ten} }`)).codes).toEqual([])
  const eleven = `{ ${ten} ...y } fragment y on Query { connectors { key } }`
  const answer = await sendRaw(backend.endpoint, eleven)
  expect([answer.codes, answer.message]).toEqual([
    ['QUERY_TOO_COMPLEX'],
    'The operation has root fields 11; at most 10',
  ])
})

test('fragments of fragments of fragments are refused at once', async () => {
  const levels = 60
  const fragments = repeat(
    levels,
    (n) => `fragment f${n} on Query { ${n + 1 < levels ? `...f${n + 1} ...f${n + 1}` : 'viewer { kind }'} }`,
  )
  const answer = await sendRaw(backend.endpoint, `{ ...f0 ...f0 } ${fragments}`)
  expect(answer.codes).toEqual(['QUERY_TOO_COMPLEX'])
})

test('so are fragments of fragments beneath a field', async () => {
  const levels = 20
  const fragments = repeat(
    levels,
    (n) => `fragment f${n} on Viewer { ${n + 1 < levels ? `...f${n + 1} ...f${n + 1}` : 'kind'} }`,
  )
  expect((await sendRaw(backend.endpoint, `{ viewer { ...f0 } } ${fragments}`)).codes).toEqual(['QUERY_TOO_COMPLEX'])
})

test('a page of a negative length takes nothing off what others cost', async () => {
  const heavy =
    'events(first: 100) { nodes { deliveries(first: 100) { nodes { attempts(first: 100) { nodes { id } } } } } }'
  const query = `{ ${heavy} bad: events(first: -2147483648) { nodes { id } } }`
  expect((await sendRaw(backend.endpoint, query)).codes).toEqual(['QUERY_TOO_COMPLEX'])
})

test('a count costs what it looks at', async () => {
  const counts = repeat(20, (n) => `c${n}: count(max: 10000) { value }`)
  const query = `{ destinations(first: 100) { nodes { deliveries(first: 1) { ${counts} } } } }`
  expect((await sendRaw(backend.endpoint, query)).codes).toEqual(['QUERY_TOO_COMPLEX'])
})

test('variables thousands of levels deep are refused over a socket as over HTTP', async () => {
  await using raw = await openAcknowledged(postrider.url, backend.endpoint.key)
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const query = 'subscription { deliveryAttempts { cursor } }'
  const message = JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { x: 0 } } })
  raw.socket.send(message.replace(':0}', `:${deep}}`))
  expect(await raw.next()).toMatchObject({
    type: 'error',
    payload: [{ message: 'variables: nest too deep', extensions: { code: 'BAD_USER_INPUT' } }],
  })
})

test('what is just within all limits is answered', async () => {
  const query = `{ deliveryAttempts(first: 1) { nodes { ${nested(9)} ${repeat(30, (n) => `a${n}: id`)} } } }`
  expect((await sendRaw(backend.endpoint, query)).codes).toEqual([])
})

test('introspection as GraphiQL asks it is answered, and a deeper one refused', async () => {
  const options = { inputValueDeprecation: true, specifiedByUrl: true, oneOf: true, directiveIsRepeatable: true }
  expect((await sendRaw(backend.endpoint, getIntrospectionQuery(options))).codes).toEqual([])
  const deep = `{ __schema { types { ${'fields { type { '.repeat(10)} name ${'} }'.repeat(10)} } } }`
  const answer = await sendRaw(backend.endpoint, deep)
  expect([answer.codes, answer.message]).toEqual([
    ['GRAPHQL_VALIDATION_FAILED'],
    'Maximum introspection depth exceeded',
  ])
})

test('an anonymous caller learns nothing of the schema', async () => {
  const answer = await sendRaw({ url: postrider.url }, '{ viewr { kind } }')
  expect([answer.codes, answer.text.includes('viewer')]).toEqual([['UNAUTHENTICATED'], false])
})

describe('lists', () => {
  test.each([
    ['destinations(first: 101) { nodes { id } }', 'first: is 1 to 100, not 101'],
    ['deliveries(first: 0) { nodes { id } }', 'first: is 1 to 100, not 0'],
    ['events { count(max: 10001) { value } }', 'max: is 1 to 10000, not 10001'],
  ])('%s is refused, not cut', async (field, message) => {
    const answer = await sendRaw(backend.endpoint, `{ ${field} }`)
    expect([answer.codes, answer.message]).toEqual([['BAD_USER_INPUT'], message])
  })

  test.each([
    ['deliveries', 'DeliveryFilter', 'destinationIds'],
    ['deliveries', 'DeliveryFilter', 'eventTypes'],
    ['events', 'EventFilter', 'types'],
    ['deliveryAttempts', 'DeliveryAttemptFilter', 'destinationIds'],
    ['destinations', 'DestinationFilter', 'connectors'],
  ])('of more than 1,000 in the filter of %s (%s.%s) are refused', async (list, type, field) => {
    const query = `query ($filter: ${type}) { ${list}(filter: $filter) { nodes { id } } }`
    const ask = (count: number) => sendRaw(backend.endpoint, query, { filter: { [field]: Array(count).fill('x') } })
    expect((await ask(1_000)).codes).toEqual([])
    const answer = await ask(1_001)
    expect([answer.codes, answer.message]).toEqual([
      ['BAD_USER_INPUT'],
      `filter.${field}: holds 1001 entries; at most 1000`,
    ])
  })
})

describe('sizes', () => {
  test('a body over 5 MB is refused', async () => {
    const body = JSON.stringify({ query: '{ viewer { kind } }', variables: { x: 'x'.repeat(5 * 1_024 * 1_024) } })
    const answer = await fetchRaw(postrider.url, { headers: { authorization: `Bearer ${backend.endpoint.key}` }, body })
    expect([answer.status, answer.codes]).toEqual([413, ['BAD_USER_INPUT']])
  })

  test('a subscription over 256 KB is refused, one message over 1 MB closes the socket', async () => {
    await using raw = await openAcknowledged(postrider.url, backend.endpoint.key)
    const query = 'subscription ($filter: DeliveryAttemptFilter) { deliveryAttempts(filter: $filter) { cursor } }'
    const variables = (bytes: number) => ({ filter: { eventTypes: ['x'.repeat(bytes)] } })
    raw.send({ id: '1', type: 'subscribe', payload: { query, variables: variables(256 * 1_024) } as never })
    const { type, payload } = await raw.next()
    expect([type, payload]).toEqual(['error', [expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })]])
    raw.send({ id: '2', type: 'subscribe', payload: { query, variables: variables(1_024 * 1_024) } as never })
    expect(await raw.closed).toBe(1009)
  })
})

test('a socket has a hundred subscriptions, and another when one has ended', async () => {
  await using raw = await openAcknowledged(postrider.url, backend.endpoint.key)
  const subscribe = (id: string) =>
    raw.send({ id, type: 'subscribe', payload: { query: 'subscription { deliveryAttempts { cursor } }' } as never })
  for (let n = 1; n <= 100; n += 1) subscribe(`s${n}`)
  for (let n = 1; n <= 100; n += 1) expect((await raw.next()).type).toBe('next')
  subscribe('one more')
  const refused = await raw.next()
  expect([refused.id, refused.type, refused.payload]).toEqual([
    'one more',
    'error',
    [{ message: 'At most 100 subscriptions on a socket; open another', extensions: { code: 'RATE_LIMITED' } }],
  ])
  raw.send({ id: 's1', type: 'complete' })
  subscribe('instead')
  let answer = await raw.next()
  while (answer.id !== 'instead') answer = await raw.next()
  expect(answer.type).toBe('next')
})

describe('POSTRIDER_RATE_LIMIT', () => {
  let limited: TestPostrider
  beforeAll(async () => {
    limited = await startTestPostrider({ POSTRIDER_RATE_LIMIT: '2' })
  })
  afterAll(() => limited[Symbol.asyncDispose]())

  test('holds for each key, over HTTP, REST and sockets together, and says when to come again', async () => {
    const one = await limited.application()
    const other = await limited.application()
    const ask = () => sendRaw(one.endpoint, '{ viewer { kind } }')
    const answers = await Promise.all(Array.from({ length: 40 }, ask))
    const refused = answers.filter((answer) => answer.codes[0] === 'RATE_LIMITED')
    expect(refused.length).toBeGreaterThanOrEqual(10)
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(2)
    expect(refused[0]!.status).toBe(429)
    const headers = { authorization: `Bearer ${one.endpoint.key}` }
    const raw = await openAcknowledged(limited.url, one.endpoint.key)
    for (let n = 0; n < 5; n += 1) await ask()
    raw.send({
      id: '1',
      type: 'subscribe',
      payload: { query: 'subscription { deliveryAttempts { cursor } }' } as never,
    })
    const rest = await fetch(`${limited.url}/api/webhooks-management`, { headers })
    const { payload } = await raw.next()
    expect([rest.status, JSON.stringify(payload).includes('RATE_LIMITED')]).toEqual([429, true])
    const graphql = await fetch(`${limited.url}/graphql`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"query":"{ viewer { kind } }"}',
    })
    expect([graphql.status, graphql.headers.get('retry-after')]).toEqual([429, '1'])
    expect((await sendRaw(other.endpoint, '{ viewer { kind } }')).codes).toEqual([])
    await raw[Symbol.asyncDispose]()
  })
})

describe('extensions.cost', () => {
  const query = '{ destinations(first: 50) { nodes { id organization { id } } totalCount } }'

  test('is shown when it is asked for', async () => {
    const ask = async (headers: Record<string, string>) =>
      JSON.parse(
        (
          await fetchRaw(postrider.url, {
            headers: { authorization: `Bearer ${backend.endpoint.key}`, ...headers },
            body: JSON.stringify({ query }),
          })
        ).text,
      )
    expect((await ask({})).extensions).toBeUndefined()
    // The page, and for each of 50 a destination and an organization.
    expect((await ask({ 'postrider-cost': '1' })).extensions).toEqual({ cost: { requested: 101, limit: 10_000 } })
  })

  test('also when it is too much', async () => {
    const headers = { authorization: `Bearer ${backend.endpoint.key}`, 'postrider-cost': '1' }
    const heavy = '{ events(first: 100) { nodes { deliveries(first: 100) { nodes { event { id } } } } } }'
    const { codes, text } = await fetchRaw(postrider.url, { headers, body: JSON.stringify({ query: heavy }) })
    expect(codes).toEqual(['QUERY_TOO_COMPLEX'])
    expect(JSON.parse(text).extensions).toEqual({ cost: { requested: 20_201, limit: 10_000 } })
  })

  test('over a socket, too', async () => {
    await using raw = await openAcknowledged(postrider.url, backend.endpoint.key, { 'postrider-cost': '1' })
    raw.send({
      id: '1',
      type: 'subscribe',
      payload: { query: 'subscription { deliveryAttempts { cursor } }' } as never,
    })
    expect((await raw.next()).payload).toMatchObject({ extensions: { cost: { requested: 1, limit: 10_000 } } })
  })
})
