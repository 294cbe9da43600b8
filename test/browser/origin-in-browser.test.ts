import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startBrowser, visit } from '../support/browser.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { findAbsence, requirePresent } from '../support/tools.ts'

// One page by two names, one listed and one not: what a real browser makes of our answers.

const absence = await findAbsence('chromium')

let pages: Receiver
let postrider: TestPostrider
let backend: Backend
let browser: Browser
const parts = new AsyncDisposableStack()
beforeAll(async () => {
  if (absence) return
  pages = parts.use(await startReceiver(() => (response) => response.setHeader('content-type', 'text/html').end('<p>')))
  postrider = parts.use(await startTestPostrider({ POSTRIDER_CORS_ORIGINS: new URL(pages.url).origin }))
  backend = await postrider.application()
  browser = await startBrowser()
  parts.defer(() => browser.close())
})
afterAll(() => parts.disposeAsync())
beforeEach((context) => requirePresent(absence, context))

const listed = () => pages.url
const foreign = () => pages.url.replace('127.0.0.1', 'localhost')

describe('a call of the API', () => {
  const headers = () => ({
    authorization: `Bearer ${backend.endpoint.key}`,
    'content-type': 'application/json',
    'postrider-cost': '1',
    'postrider-application': '',
    'apollo-require-preflight': '1',
  })
  const body = '{"query":"{ viewer { kind } }"}'
  const calls = (): [path: string, init: Init][] => [
    ['/graphql', { method: 'POST', headers: headers(), body }],
    ['/graphql?query={__typename}', { headers: headers() }],
    [
      '/api/webhooks-management/x',
      { method: 'PATCH', headers: { ...headers(), 'postrider-organization': 'x' }, body: '{}' },
    ],
    ['/api/webhooks-management/x', { method: 'DELETE', headers: headers() }],
  ]

  test('reaches a page of a listed origin', async () => {
    for (const [path, init] of calls()) expect(await callFrom(listed(), path, init), path).toMatch(/^\d+ \{/)
  })

  test('and none of another', async () => {
    for (const [path, init] of calls()) expect(await callFrom(foreign(), path, init), path).toBe('TypeError')
  })
})

describe('a socket', () => {
  test('opens for a page of a listed origin', async () => {
    expect(await connectFrom(listed())).toBe('open')
  })

  test('and for none of another', async () => {
    expect(await connectFrom(foreign())).toBe('error')
  })
})

interface Init {
  readonly method?: string
  readonly headers: Record<string, string>
  readonly body?: string
}

/** Status and body as the page's script gets them, or the name of the error. */
async function callFrom(page: string, path: string, init: Init): Promise<string> {
  await using visited = await visit(browser)
  await visited.page.goto(page)
  return await visited.page.evaluate(
    async ([url, init]) =>
      fetch(url, init).then(
        async (answer) => `${answer.status} ${await answer.text()}`,
        (error: Error) => error.name,
      ),
    [`${postrider.url}${path}`, init] as const,
  )
}

async function connectFrom(page: string): Promise<string> {
  await using visited = await visit(browser)
  await visited.page.goto(page)
  return await visited.page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url, 'graphql-transport-ws')
        for (const type of ['open', 'error']) socket.addEventListener(type, () => resolve(type))
      }),
    `${postrider.url.replace('http', 'ws')}/graphql`,
  )
}
