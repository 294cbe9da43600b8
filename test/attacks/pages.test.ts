import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'

// What browsers are told, and what they load: nothing from elsewhere.

const checkout = path.resolve(import.meta.dirname, '../..')
/** What a browser sends for an address that somebody opens. */
const PAGE = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8' }

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  await buildPageIfMissing()
  postrider = await startTestPostrider({ POSTRIDER_CORS_ORIGINS: 'https://app.example.com' })
  backend = await postrider.application()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const routes: [method: string, path: string][] = [
  ['GET', '/'],
  ['GET', '/healthz'],
  ['GET', '/readyz'],
  ['GET', '/graphql'],
  ['HEAD', '/graphql'],
  ['POST', '/graphql'],
  ['OPTIONS', '/graphql'],
  ['PUT', '/graphql'],
  ['GET', '/graphiql'],
  ['GET', '/graphiql/'],
  ['GET', '/graphiql/config.json'],
  ['GET', '/graphiql/nothing.js'],
  ['GET', '/graphiql/%2e%2e/package.json'],
  ['GET', '/api/openapi.json'],
  ['GET', '/api/webhooks-management'],
  ['POST', '/api/webhooks-management'],
  ['GET', '/api/webhooks-management/dst_x'],
  ['PATCH', '/api/webhooks-management/dst_x'],
  ['DELETE', '/api/webhooks-management/dst_x'],
  ['POST', '/listen'],
  ['GET', '/nowhere'],
  ['POST', '/nowhere'],
  ['GET', '/%ff'],
]

describe.each(routes)('%s %s', (method, route) => {
  test.each(['nobody', 'a browser', 'a key'])(
    'tells browsers not to guess its type, frame it, send a referrer or keep it, for %s',
    async (who) => {
      const headers = {
        ...(who === 'a browser' && PAGE),
        ...(who === 'a key' && { authorization: `Bearer ${backend.endpoint.key}` }),
      }
      const answer = await fetch(`${postrider.url}${route}`, { method, headers, redirect: 'manual' })
      const told = Object.fromEntries(answer.headers)
      expect(told).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
      expect(told['content-security-policy']).toMatch(/^default-src '(none|self)'; .*frame-ancestors 'none'$/)
      const isPage = answer.headers.get('content-type')?.includes('html') ?? false
      expect(isPage).toBe(route === '/graphiql/')
      if (!isPage) expect(told['cache-control']).toBe('no-store')
      if (!route.startsWith('/graphiql/')) expect(told['content-security-policy']).toContain("default-src 'none'")
      const text = await answer.text()
      if (isPage) expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/)
    },
  )
})

test('a secret that is shown once is not kept by a browser, over GraphQL as over REST', async () => {
  const organization = await backend.organization('acme')
  const headers = {
    authorization: `Bearer ${backend.endpoint.key}`,
    'content-type': 'application/json',
    'postrider-organization': organization,
  }
  const created = await fetch(`${postrider.url}/api/webhooks-management`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ url: 'http://127.0.0.1:9/' }),
  })
  expect([created.status, created.headers.get('cache-control')]).toEqual([201, 'no-store'])
  const asked = await fetch(`${postrider.url}/graphql`, {
    method: 'POST',
    headers,
    body: '{"query":"{ viewer { kind } }"}',
  })
  expect([asked.status, asked.headers.get('cache-control')]).toEqual([200, 'no-store'])
})

describe('/graphql in a browser', () => {
  const open = (search: string, headers: Record<string, string> = PAGE) =>
    fetch(`${postrider.url}/graphql${search}`, { headers, redirect: 'manual' })

  test.each(['', '?query=%7B%20viewer%20%7B%20kind%20%7D%20%7D'])(
    'is GraphiQL, with the operation of "%s"',
    async (search) => {
      const answer = await open(search)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, `/graphiql/${search}`])
    },
  )

  test('cannot be led elsewhere by its address', async () => {
    for (const search of ['?//evil.example', '?\\evil.example', '?query=x#//evil.example']) {
      expect((await open(search)).headers.get('location')).toMatch(/^\/graphiql\/\?/)
    }
  })

  test.each([
    ['a program that takes anything', { accept: '*/*' }],
    ['a program that takes JSON', { accept: 'application/json' }],
    ['a caller with a key', { ...PAGE, authorization: 'Bearer prk_wrong' }],
  ])('is the API for %s', async (_, headers) => {
    const answer = await open('?query=%7Ba%7D', headers)
    expect(answer.status).toBeLessThan(500)
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })
})

test('everything that the page names to be loaded is here, and style sheets load nothing from elsewhere', async () => {
  const page = await (await fetch(`${postrider.url}/graphiql/`)).text()
  const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)]
    .map(([, url]) => url!)
    .filter((url) => !url.startsWith('data:'))
  expect(named.length).toBeGreaterThan(1)
  for (const url of named) {
    expect(url).toMatch(/^\/graphiql\/assets\//)
    const answer = await fetch(`${postrider.url}${url}`)
    expect([answer.status, answer.headers.get('x-content-type-options')]).toEqual([200, 'nosniff'])
    if (url.endsWith('.css')) expect(await answer.text()).not.toMatch(/(?:url\(|@import)\s*["']?(?:https?:)?\/\//)
  }
})

/** `npm ci` builds it. */
async function buildPageIfMissing(): Promise<void> {
  if (await stat(path.join(checkout, 'dist/graphiql/index.html')).catch(() => undefined)) return
  const vite = path.join(checkout, 'node_modules/vite/bin/vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', '--config', 'src/graphiql/vite.config.ts'], {
    cwd: checkout,
    env: { ...process.env, NODE_ENV: 'production' },
  })
}
