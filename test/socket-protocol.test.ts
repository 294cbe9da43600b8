import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { openAcknowledged, openRawSocket, type RawSocket } from './support/raw-socket.ts'
import { startReceiver } from './support/receiver.ts'

// graphql-transport-ws, word for word, as a client in any language would speak it.

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const open = ({ endpoint } = backend) => openAcknowledged(postrider.url, endpoint.key)
const init = () => ({ type: 'connection_init', payload: { authorization: `Bearer ${backend.endpoint.key}` } })
const subscribe = (id: string, query = FEED) => ({ id, type: 'subscribe', payload: { query } })
const FEED = 'subscription { deliveryAttempts { __typename ... on DeliveryAttemptRecorded { attempt { outcome } } } }'
const CHECKPOINT = { data: { deliveryAttempts: { __typename: 'FeedCheckpoint' } } }
const ATTEMPT = {
  data: { deliveryAttempts: { __typename: 'DeliveryAttemptRecorded', attempt: { outcome: 'SUCCESS' } } },
}

describe('the sub-protocol', () => {
  test('is taken from whatever a client offers with it', async () => {
    await using raw = await openRawSocket(postrider.url, { protocols: ['graphql-ws', 'graphql-transport-ws'] })
    expect(raw.socket.protocol).toBe('graphql-transport-ws')
  })

  test.each([
    ['none', {}],
    // As a header, because ws itself gives up when a server picks nothing of what it offers.
    ['the older one alone', { 'sec-websocket-protocol': 'graphql-ws' }],
  ])('%s closes with 4406', async (_, headers) => {
    const raw = await openRawSocket(postrider.url, { protocols: [], headers })
    expect(await raw.closed).toBe(4406)
  })
})

describe('before it is let in, a socket', () => {
  test('that says nothing is closed with 4408 after three seconds', async () => {
    const raw = await openRawSocket(postrider.url)
    expect(await raw.closed).toBe(4408)
  })

  test('that subscribes is closed with 4401', async () => {
    const raw = await openRawSocket(postrider.url)
    raw.send(subscribe('1'))
    expect(await raw.closed).toBe(4401)
  })

  test('that subscribes without waiting for the answer is closed with 4401', async () => {
    const raw = await openRawSocket(postrider.url)
    raw.send(init())
    raw.send(subscribe('1'))
    expect(await raw.closed).toBe(4401)
  })

  test('gets a pong for its ping, with the same payload', async () => {
    await using raw = await openRawSocket(postrider.url)
    raw.send({ type: 'ping', payload: { n: 1 } })
    expect(await raw.next()).toEqual({ type: 'pong', payload: { n: 1 } })
  })
})

describe('a socket is closed', () => {
  test('with 4429 for a second connection_init, whether the first was answered or not', async () => {
    const answered = await open()
    answered.send(init())
    const hasty = await openRawSocket(postrider.url)
    hasty.send(init())
    hasty.send(init())
    expect(await Promise.all([answered.closed, hasty.closed])).toEqual([4429, 4429])
  })

  test('with 4409 for an id that is in use', async () => {
    const raw = await open()
    raw.send(subscribe('1'))
    expect(await raw.next()).toEqual({ id: '1', type: 'next', payload: CHECKPOINT })
    raw.send(subscribe('1'))
    expect(await raw.closed).toBe(4409)
  })

  test.each([
    ['no JSON', '{'],
    ['no object', '"connection_init"'],
    ['no type', '{}'],
    ['a type that there is not', '{"type":"start","id":"1","payload":{"query":"{ __typename }"}}'],
    ['no id', '{"type":"subscribe","payload":{"query":"subscription { __typename }"}}'],
    ['an id that is no text', '{"type":"subscribe","id":1,"payload":{"query":"subscription { __typename }"}}'],
    ['no query', '{"type":"subscribe","id":"1","payload":{}}'],
    ['variables that are no object', '{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":"x"}}'],
  ])('with 4400 for a message with %s', async (_, message) => {
    const raw = await open()
    raw.send(message)
    expect(await raw.closed).toBe(4400)
  })
})

describe('a subscription', () => {
  test('gets a next for each item, and complete when there are no more', async () => {
    const own = await postrider.application()
    await using raw = await open(own)
    const release = Promise.withResolvers<void>()
    await using receiver = await startReceiver(() => (response) => void release.promise.then(() => response.end()))
    const { organizationId } = await own.hook(receiver.url)
    const [delivery] = (await own.publish({ organizationId, type: 'a', data: {} })).deliveries
    raw.send(subscribe('1', `subscription { delivery(id: "${delivery!.id}") { status } }`))
    const next = (status: string) => ({ id: '1', type: 'next', payload: { data: { delivery: { status } } } })
    expect(await raw.next()).toEqual(next('PENDING'))
    release.resolve()
    expect(await untilType(raw, 'complete')).toEqual([next('SUCCEEDED'), { id: '1', type: 'complete' }])
  })

  test('that the client completes gets nothing more, and its id is free; others go on', async () => {
    const own = await postrider.application()
    await using raw = await open(own)
    await using receiver = await startReceiver()
    const { organizationId } = await own.hook(receiver.url)
    for (const id of ['ended', 'other']) {
      raw.send(subscribe(id))
      expect(await raw.next()).toEqual({ id, type: 'next', payload: CHECKPOINT })
    }
    raw.send({ id: 'ended', type: 'complete' })
    await own.publish({ organizationId, type: 'a', data: {} })
    expect(await raw.next()).toEqual({ id: 'other', type: 'next', payload: ATTEMPT })
    raw.send(subscribe('ended'))
    expect(await raw.next()).toEqual({ id: 'ended', type: 'next', payload: CHECKPOINT })
  })

  test('that is refused gets one error with a code and no complete, and its id is free', async () => {
    await using raw = await open()
    raw.send(subscribe('1', 'subscription { shoeSize }'))
    expect(await raw.next()).toEqual({
      id: '1',
      type: 'error',
      payload: [
        {
          message: 'Cannot query field "shoeSize" on type "Subscription".',
          locations: [{ line: 1, column: 16 }],
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
      ],
    })
    raw.send(subscribe('1'))
    expect(await raw.next()).toEqual({ id: '1', type: 'next', payload: CHECKPOINT })
  })

  test('whose variables do not fit is refused with a code, too', async () => {
    await using raw = await open()
    raw.send(subscribe('1', 'subscription ($id: ID!) { delivery(id: $id) { id } }'))
    expect(await raw.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })
})

async function untilType(raw: RawSocket, type: string) {
  const messages = [await raw.next()]
  while (messages.at(-1)!.type !== type) messages.push(await raw.next())
  return messages
}
