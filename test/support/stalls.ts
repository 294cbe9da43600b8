import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'

// What one caller can do to keep the event loop busy, as fast as it can: each until the signal ends it.

export interface Target {
  readonly url: string
  /** Of an application. */
  readonly key: string
  /** Of a customer of it. */
  readonly session: string
  readonly organizationId: string
  /** Types of the application: any data, and data that takes minutes to check. */
  readonly types: { readonly any: string; readonly slow: string }
  readonly signal: AbortSignal
  /** How often it was answered with which status or code, so far. */
  readonly answers: Map<string, number>
}

export const stalls: Readonly<Record<string, (target: Target) => Promise<void>>> = {
  'previews with filters that never end': (target) =>
    call(target, {
      key: target.session,
      query:
        'mutation ($input: DestinationPreviewInput!) { destinationPreview(input: $input) { userErrors { message } } }',
      input: {
        eventType: target.types.any,
        config: { url: 'https://example.com' },
        filter: '"a".replace("", "", 9223372036854775807) == "a"',
      },
    }),
  'data that takes minutes to check': (target) =>
    call(target, {
      key: target.key,
      query: 'mutation ($input: EventPublishInput!) { eventPublish(input: $input) { userErrors { message } } }',
      input: {
        organizationId: target.organizationId,
        type: target.types.slow,
        data: Array.from({ length: 12_000 }, (_, n) => ({ a: { b: n } })),
      },
    }),
  'schemas that take minutes to compare': (target) => {
    const length = 40
    const definitions = Array.from({ length }, (_, n) => [
      `d${n}`,
      n === length - 1
        ? { type: 'string' }
        : { properties: { a: { $ref: `#/$defs/d${n + 1}` }, b: { $ref: `#/$defs/d${n + 1}` } } },
    ])
    return call(target, {
      key: target.key,
      query: 'mutation ($input: EventTypeUpsertInput!) { eventTypeUpsert(input: $input) { userErrors { message } } }',
      input: { name: 'deep', payloadSchema: { $ref: '#/$defs/d0', $defs: Object.fromEntries(definitions) } },
    })
  },
  'lists of 500,000 ids': (target) =>
    call(target, {
      key: target.session,
      query: 'query ($input: [ID!]) { deliveries(filter: { destinationIds: $input }) { nodes { id } } }',
      input: Array.from({ length: 500_000 }, () => 'dst_x'),
      atOnce: 1,
    }),
  'answers as large as they may be': (target) =>
    call(target, {
      key: target.session,
      query: `{ ${[...'abcdefghij']
        .map(
          (name) => `${name}: deliveryAttempts(first: 100) { nodes { request { body } delivery { event { data } } } }`,
        )
        .join(' ')} }`,
      input: undefined,
    }),
  'bodies of 5 MB without a key': (target) =>
    hammer(target, { headers: {}, body: `[${'[],'.repeat(1_700_000)}1]`, atOnce: 8 }),
  'sockets without a key': async ({ url, signal, answers }) => {
    const first = JSON.stringify({ type: 'connection_init', payload: { a: 'x'.repeat(7_000) } })
    while (!signal.aborted) {
      for (const code of await Promise.all(Array.from({ length: 200 }, () => closeCodeOf(url, first))))
        count(answers, String(code))
      await pause(BREATH_MS)
    }
  },
  'a Redis that floods': async (target) => {
    const broker = await startFlooding()
    const { port } = broker.address() as { port: number }
    await call(target, {
      key: target.session,
      query: 'mutation ($input: ConnectorCheckInput!) { connectorCheck(input: $input) { userErrors { message } } }',
      input: { connector: 'redis', config: { host: '127.0.0.1', port, tls: false, stream: 'x' } },
    })
    broker.close()
  },
}

/** A client that is refused in a moment asks again at once, but for this. */
const BREATH_MS = 5

interface Call {
  readonly key: string
  readonly query: string
  readonly input: unknown
  readonly atOnce?: number
}

function call(target: Target, { key, query, input, atOnce = 8 }: Call): Promise<void> {
  const body = JSON.stringify({ query, variables: { input } })
  return hammer(target, { headers: { authorization: `Bearer ${key}` }, body, atOnce })
}

interface Request {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly atOnce: number
}

async function hammer({ url, signal, answers }: Target, { headers, body, atOnce }: Request): Promise<void> {
  const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body, signal }
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (!signal.aborted) {
        const answer = await fetch(`${url}/graphql`, init)
          .then(async (response) => `${response.status} ${/"code":"(\w+)"/.exec(await response.text())?.[1] ?? ''}`)
          // A connection that the server cut off, or the end.
          .catch((error: Error) => error.name)
        count(answers, answer)
        await pause(BREATH_MS)
      }
    }),
  )
}

/** The code with which a socket is closed that sends this first. */
function closeCodeOf(url: string, text: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws')
    socket.on('open', () => socket.send(text))
    socket.on('error', () => undefined)
    socket.on('close', resolve)
  })
}

function count(answers: Map<string, number>, answer: string): void {
  answers.set(answer, (answers.get(answer) ?? 0) + 1)
}

/** Answers with one text that never ends. */
function startFlooding(): Promise<Server> {
  const chunk = Buffer.alloc(65_536, 'x')
  const flood = (socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write('$1000000000\r\n')
      const more = () => {
        while (socket.writable && socket.write(chunk));
      }
      socket.on('drain', more)
      more()
    })
  }
  return new Promise((resolve) => {
    const server = createServer(flood).listen(0, '127.0.0.1', () => resolve(server))
  })
}
