import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Endpoint } from '../../src/client/request.ts'

// What one customer can do with a portal session of its own, as fast as it can: each until the signal ends it.

export interface Flooded {
  readonly session: Endpoint & { readonly key: string }
  /** Of the session's organization. */
  readonly destinationId: string
  readonly eventType: string
  readonly signal: AbortSignal
  /** How often it was answered with which code, so far. */
  readonly answers: Map<string, number>
}

export type Answers = ReadonlyMap<string, number>
type Flood = (flooded: Flooded) => Promise<void>

export const floods: Readonly<Record<string, Flood>> = {
  'feeds from the beginning that match nothing': (flooded) =>
    followAll(flooded, 'filter: { eventTypes: ["nothing"] }', '{ __typename cursor }'),
  'feeds from the beginning with bodies': (flooded) =>
    followAll(
      flooded,
      '',
      '{ cursor ... on DeliveryAttemptRecorded { attempt { request { url headers { value } body } response { body } delivery { event { data } } } } }',
    ),
  'subscriptions that are begun and completed': subscribeAndComplete,
  'test sends of 200 KB': (flooded) =>
    callAll(flooded, {
      query:
        'mutation ($input: DestinationTestInput!) { destinationTest(input: $input) { attempt { outcome } userErrors { code } } }',
      variables: {
        input: { id: flooded.destinationId, eventType: flooded.eventType, data: { x: 'y'.repeat(200_000) } },
      },
    }),
  'queries of cost 2,451': (flooded) =>
    callAll(flooded, {
      query: `{ ${[...'abcdef'].map((name) => list(name, 100)).join(' ')} ${list('g', 11)} }`,
    }),
}

const list = (name: string, first: number) =>
  `${name}: deliveryAttempts(first: ${first}) { nodes { request { body } delivery { event { data } } } }`

const AT_ONCE = 64
const SOCKETS = 10
const FEEDS = 100

/** A client that is refused in a moment asks again at once, but for this. */
const BREATH_MS = 5

async function callAll({ session, signal, answers }: Flooded, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${session.key}`, 'content-type': 'application/json' }
  const text = JSON.stringify(body)
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (!signal.aborted) {
        const code = await fetch(`${session.url}/graphql`, { method: 'POST', headers, body: text, signal })
          .then(async (response) => codeOf(await response.text()))
          .catch((error: Error) => error.name)
        count(answers, code)
        await pause(BREATH_MS)
      }
    }),
  )
}

async function followAll(flooded: Flooded, filter: string, selection: string): Promise<void> {
  const after = await firstCursor(flooded)
  const query = `subscription { deliveryAttempts(after: "${after}" ${filter}) ${selection} }`
  await Promise.all(
    Array.from({ length: SOCKETS }, () =>
      onSocket(flooded, (send) => {
        for (let n = 0; n < FEEDS; n += 1) send({ id: `f${n}`, type: 'subscribe', payload: { query } })
      }),
    ),
  )
}

async function subscribeAndComplete(flooded: Flooded): Promise<void> {
  const query = 'subscription { deliveryAttempts { cursor } }'
  while (!flooded.signal.aborted) {
    await onSocket(flooded, (send) => {
      for (let n = 0; n < 20_000; n += 1) {
        send({ id: `s${n}`, type: 'subscribe', payload: { query } })
        send({ id: `s${n}`, type: 'complete' })
      }
    })
    await pause(BREATH_MS)
  }
}

/** Until the socket closes, or the signal ends it. */
async function onSocket(
  { session, signal, answers }: Flooded,
  work: (send: (message: object) => void) => void,
): Promise<void> {
  const socket = new WebSocket(`${session.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws')
  const send = (message: object) => socket.send(JSON.stringify(message))
  const stop = () => socket.terminate()
  signal.addEventListener('abort', stop)
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined)
    socket.on('close', (code) => {
      count(answers, String(code))
      resolve()
    })
    socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${session.key}` } }))
    socket.on('message', (data) => {
      const text = String(data)
      if (text.includes('connection_ack')) work(send)
      else if (text.startsWith('{"type":"ping"')) send({ type: 'pong' })
      else count(answers, codeOf(text))
    })
    if (signal.aborted) stop()
  })
  signal.removeEventListener('abort', stop)
}

async function firstCursor({ session }: Flooded): Promise<string> {
  const response = await fetch(`${session.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${session.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ deliveryAttempts(first: 1) { pageInfo { endCursor } } }' }),
  })
  const { data } = (await response.json()) as { data: { deliveryAttempts: { pageInfo: { endCursor: string } } } }
  return data.deliveryAttempts.pageInfo.endCursor
}

function codeOf(text: string): string {
  return /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? 'OK'
}

function count(answers: Map<string, number>, code: string): void {
  answers.set(code, (answers.get(code) ?? 0) + 1)
}
