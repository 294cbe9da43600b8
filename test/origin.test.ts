import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { freePort } from './support/free-port.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'

// Browsers say where a page is from. Its scripts read our answers, and get a socket, only when we know the place.

const LISTED = 'https://app.example.com'
const PUBLIC = 'https://hooks.example.com'
const FOREIGN = ['https://evil.example', 'https://app.example.com.evil.example', 'http://app.example.com', 'null']

let postrider: TestPostrider
let backend: Backend
let url: string
beforeAll(async () => {
  postrider = await startTestPostrider({ POSTRIDER_CORS_ORIGINS: `https://other.example.com, ${LISTED}` })
  backend = await postrider.application()
  url = postrider.url
})
afterAll(() => postrider[Symbol.asyncDispose]())

const PATHS = ['/graphql', '/api/webhooks-management', '/api/webhooks-management/x', '/api/openapi.json']

describe.each(PATHS)('a preflight of %s', (path) => {
  const preflight = (origin: string) =>
    fetch(`${url}${path}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    })

  test('lets a listed origin', async () => {
    const answer = await preflight(LISTED)
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': LISTED,
      'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
      'access-control-allow-headers':
        'authorization, content-type, postrider-application, postrider-organization, postrider-cost, apollo-require-preflight',
      'access-control-expose-headers': 'retry-after',
      'access-control-max-age': '600',
      vary: 'Origin',
    })
  })

  test.each(FOREIGN)('and not %s', async (origin) => {
    const answer = await preflight(origin)
    expect([answer.status, corsOf(answer)]).toEqual([204, { vary: 'Origin' }])
  })
})

describe.each(PATHS)('an answer of %s', (path) => {
  const ask = (headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers })

  // Without a key, which is refused: a page must be able to read that, too.
  test('can be read by a listed origin', async () => {
    expect(corsOf(await ask({ origin: LISTED }))).toEqual({
      'access-control-allow-origin': LISTED,
      'access-control-expose-headers': 'retry-after',
      vary: 'Origin',
    })
  })

  test('by no other, and says so to caches', async () => {
    for (const origin of FOREIGN) expect(corsOf(await ask({ origin }))).toEqual({ vary: 'Origin' })
    expect(corsOf(await ask())).toEqual({ vary: 'Origin' })
  })
})

test.each([
  ['a body that is no JSON', { body: '{', key: undefined }, 400],
  ['a body over 5 MB', { body: 'x'.repeat(5 * 1_024 * 1_024 + 1), key: undefined }, 413],
  ['a key that is wrong', { body: '{"query":"{ __typename }"}', key: 'prk_wrong' }, 401],
])('the refusal of %s can be read by a listed origin', async (_, { body, key = backend.endpoint.key }, status) => {
  const headers = { origin: LISTED, 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, LISTED])
})

test.each([undefined, 'own', ...FOREIGN])(
  'a call with a key is answered to the origin %s: others cannot send one',
  async (from) => {
    const origin = from === 'own' ? url : from
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        ...(origin !== undefined && { origin }),
        authorization: `Bearer ${backend.endpoint.key}`,
        'content-type': 'application/json',
      },
      body: '{"query":"{ viewer { kind } }"}',
    })
    expect([answer.status, await answer.json()]).toEqual([200, { data: { viewer: { kind: 'APPLICATION' } } }])
  },
)

test.each(['/graphiql/config.json', '/healthz'])('%s is for no other origin', async (path) => {
  expect(corsOf(await fetch(`${url}${path}`, { headers: { origin: LISTED } }))).toEqual({})
})

describe('a socket', () => {
  test('is opened for a backend, which sends no Origin', async () => {
    expect(await handshake(url)).toBe('open')
  })

  test.each([
    ['a listed origin', () => LISTED],
    ['the own origin', () => url],
    ['the own origin behind a proxy that takes TLS off', () => url.replace('http:', 'https:')],
  ])('is opened for %s', async (_, origin) => {
    expect(await handshake(url, origin())).toBe('open')
  })

  test.each([...FOREIGN, '', PUBLIC, 'http://127.0.0.1:1'])(
    'is refused with 403 for the origin "%s"',
    async (origin) => {
      expect(await handshake(url, origin)).toBe(403)
    },
  )

  test('is opened for the origin of POSTRIDER_PUBLIC_URL, whatever name a proxy asks us by', async () => {
    const PORT = String(await freePort())
    await using _proxied = await startTestPostrider({ PORT, POSTRIDER_PUBLIC_URL: `${PUBLIC}/webhooks/` })
    expect(await handshake(`http://127.0.0.1:${PORT}`, PUBLIC)).toBe('open')
    expect(await handshake(`http://127.0.0.1:${PORT}`, 'https://example.com')).toBe(403)
  })
})

/** What a browser would look at. */
function corsOf(answer: Response): Record<string, string> {
  return Object.fromEntries(
    [...answer.headers].filter(([name]) => name === 'vary' || name.startsWith('access-control')),
  )
}

/** `open`, or the status that the server answers instead of an upgrade. */
async function handshake(base: string, origin?: string): Promise<'open' | number> {
  const headers = origin === undefined ? {} : { origin }
  const socket = new WebSocket(`${base.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers })
  const opened = once(socket, 'open').then(() => 'open' as const)
  const refused = once(socket, 'unexpected-response').then(([, response]) => (response as IncomingMessage).statusCode!)
  const outcome = await Promise.race([opened, refused])
  if (outcome !== 'open') socket.on('error', () => undefined)
  socket.terminate()
  return outcome
}
