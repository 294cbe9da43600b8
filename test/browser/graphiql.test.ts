import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { buildSchema, type OperationDefinitionNode, parse, validate } from 'graphql'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startBrowser, visit } from '../support/browser.ts'
import {
  becomesSo,
  editorHas,
  isRead,
  isReady,
  openTab,
  responseHas,
  responseOf,
  run,
  setText,
  shot,
  stop,
  tabsOf,
  textOf,
} from '../support/graphiql-page.ts'
import { type PostriderProcess, startProcess } from '../support/process.ts'
import { findAbsence, requirePresent } from '../support/tools.ts'

const checkout = path.resolve(import.meta.dirname, '../..')
const examplesDir = path.join(checkout, 'schema/examples')

const exampleFiles = (await readdir(examplesDir)).toSorted()
const exampleTabs = ['CreateDestination', 'PublishEvent', 'WatchAttempts', 'ListFailures']

/** A first start, which a person has just made at a terminal. */
let postrider: PostriderProcess
let browser: Browser
const parts = new AsyncDisposableStack()
const absence = await findAbsence('chromium')
beforeAll(async () => {
  if (absence) return
  await buildPageUnlessFresh()
  postrider = parts.use(await startProcess())
  browser = await startBrowser()
  parts.defer(() => browser.close())
})
afterAll(() => parts.disposeAsync())
beforeEach((context) => requirePresent(absence, context))

test.for(exampleFiles)('example %s is one named operation that the schema has', async (name) => {
  const schema = buildSchema(await readFile(path.join(checkout, 'schema/schema.graphql'), 'utf8'))
  const document = parse(await readFile(path.join(examplesDir, name), 'utf8'))
  expect(validate(schema, document)).toEqual([])
  expect(document.definitions).toMatchObject([{ kind: 'OperationDefinition' }])
  expect((document.definitions[0] as OperationDefinitionNode).name?.value).toMatch(/^[A-Z]\w+$/)
})

test('the examples are served with the address of the server that is asked', async () => {
  const response = await fetch(`${postrider.url}/graphiql/config.json`)
  const { tabs } = (await response.json()) as { tabs: { title: string; query: string }[] }
  expect(tabs.map((tab) => tab.title)).toEqual(exampleTabs)
  expect(tabs[0]!.query).toContain(`"${postrider.url}/demo/receiver"`)
  expect(JSON.stringify(tabs)).not.toContain(':4000')
})

test('the printed link opens GraphiQL, where the four examples run as they stand, in their order', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(postrider.printed.link)
  await isReady(page)
  expect(page.url()).toBe(`${postrider.url}/graphiql/`)
  expect(await tabsOf(page)).toEqual(exampleTabs)
  await shot(page, '1-open')

  await run(page)
  await responseHas(page, '"signingSecret": "whsec_')
  await shot(page, '2-created')
  expect(await responseOf(page)).toMatchObject({
    data: {
      destinationCreate: {
        destination: { target: new URL(postrider.url).host, health: 'HEALTHY' },
        userErrors: [],
      },
    },
  })

  await openTab(page, 'PublishEvent')
  await run(page)
  await responseHas(page, '"eventPublish"')
  await shot(page, '3-published')
  expect(await responseOf(page)).toMatchObject({
    data: { eventPublish: { event: { deliveries: { nodes: [{ status: 'PENDING' }] } }, userErrors: [] } },
  })

  // The demo receiver fails the first request, and the retry comes five seconds later.
  await openTab(page, 'WatchAttempts')
  await run(page)
  await responseHas(page, '"SUCCESS"')
  await shot(page, '4-watched')
  const success = {
    number: 2,
    outcome: 'SUCCESS',
    response: { statusCode: 200 },
    delivery: { status: 'SUCCEEDED' },
  }
  expect(await responseOf(page)).toMatchObject({ data: { deliveryAttempts: { attempt: success } } })
  await stop(page)

  // Watched once more, the checkpoint that follows the attempts of before takes none off the screen.
  const passed = Promise.withResolvers<void>()
  let saw = ''
  page.once('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      saw += payload
      if (/SUCCESS.*"deliveryAttempts":\{\}/s.test(saw)) passed.resolve()
    }),
  )
  await run(page)
  await passed.promise
  expect(await responseOf(page)).toMatchObject({ data: { deliveryAttempts: { attempt: success } } })
  await stop(page)

  await openTab(page, 'ListFailures')
  await run(page)
  await responseHas(page, '503')
  await shot(page, '5-failures')
  expect(await responseOf(page)).toMatchObject({
    data: {
      deliveryAttempts: {
        nodes: [{ number: 1, delivery: { status: 'SUCCEEDED', destination: { label: 'My first webhook' } } }],
      },
    },
  })

  expect(await page.locator('.postrider-notice').count()).toBe(0)
  expect([...visited.hosts].filter(Boolean)).toEqual([new URL(postrider.url).host])
  expect(visited.complaints).toEqual([])
})

test('with a wrong key the page says what the server says', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(`${postrider.url}/graphiql/#key=prk_wrong`)
  await isReady(page)
  const notice = page.locator('.postrider-notice')
  await notice.getByText('This key is wrong or was revoked').waitFor()
  await shot(page, '6-wrong')

  // The subscription goes another way, and says the same.
  await openTab(page, 'WatchAttempts')
  await run(page)
  await responseHas(page, 'This key is wrong or was revoked')
  await shot(page, '7-wrong-subscription')
})

test('without a key the page says where to get one, and reads the schema once it is pasted', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(`${postrider.url}/`)
  await isReady(page)
  const notice = page.locator('.postrider-notice')
  await notice.getByText('No key yet').waitFor()
  await shot(page, '8-no-key')
  const headers = JSON.stringify({ authorization: `Bearer ${postrider.printed.apiKey}` })
  await setText(page, 'request-headers.json', headers)
  await notice.waitFor({ state: 'detached' })
  await openTab(page, 'ListFailures')
  await run(page)
  await responseHas(page, '"deliveryAttempts"')
})

test('what one browser tab publishes arrives in another, which watches', async () => {
  await using visited = await visit(browser)
  const { page: watching } = visited
  await watching.goto(postrider.printed.link)
  await isReady(watching)
  await run(watching)
  await responseHas(watching, '"signingSecret": "whsec_')
  await openTab(watching, 'WatchAttempts')
  // With a checkpoint the feed has said all there was: what comes now is live.
  const hasCaughtUp = Promise.withResolvers<void>()
  watching.once('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (payload.includes('"deliveryAttempts":{}')) hasCaughtUp.resolve()
    }),
  )
  await run(watching)
  await hasCaughtUp.promise

  const publishing = await watching.context().newPage()
  await publishing.goto(`${postrider.url}/graphiql/`)
  await isReady(publishing)
  await openTab(publishing, 'PublishEvent')
  const query = await textOf(publishing, 'operation.graphql')
  await setText(publishing, 'operation.graphql', query.replace('Do you deliver on Sundays?', 'Seen in the other tab?'))
  await run(publishing)
  await responseHas(publishing, '"eventPublish"')
  await responseHas(watching, 'Seen in the other tab?')
  expect(await responseOf(watching)).toMatchObject({
    data: { deliveryAttempts: { attempt: { delivery: { eventType: 'inquiry.received' } } } },
  })
  await stop(watching)
})

test('what is ticked in the explorer is in the query', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(linkTo({ query: '{ connectors { key } }' }))
  await isReady(page)
  await page.getByRole('button', { name: 'Show Explorer' }).click()
  const field = page.locator('.docExplorerWrap .graphiql-explorer-connectors').getByText('displayName', { exact: true })
  await field.click()
  await editorHas(page, 'operation.graphql', 'displayName')
  await shot(page, '9-explorer')
  await run(page)
  await responseHas(page, '"displayName": "Webhook"')

  await field.click()
  await editorHas(page, 'operation.graphql', '{\n  connectors {\n    key\n  }\n}')
  expect([...visited.hosts].filter(Boolean)).toEqual([new URL(postrider.url).host])
  expect(visited.complaints).toEqual([])
})

test('the history has what was run, without the key, and what is taken from it runs with the key of now', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(postrider.printed.link)
  await isReady(page)
  await openTab(page, 'ListFailures')
  await run(page)
  await responseHas(page, '"deliveryAttempts"')
  await page.getByRole('button', { name: 'Show History' }).click()
  const entry = page.locator('.graphiql-history').getByRole('button', { name: 'Set active' })
  await entry.getByText('ListFailures').waitFor()
  await shot(page, '10-history')
  const { apiKey } = postrider.printed
  expect(await storedWith(page, 'ListFailures')).toContain('postrider:graphiql:queries')
  expect(await storedWith(page, apiKey)).toEqual(['postrider:graphiql:headers', 'postrider:graphiql:tabState'])

  await page.getByRole('button', { name: 'Add favorite' }).click()
  expect(await storedWith(page, 'ListFailures')).toContain('postrider:graphiql:favorites')
  expect(await storedWith(page, apiKey)).toEqual(['postrider:graphiql:headers', 'postrider:graphiql:tabState'])

  await page.reload()
  await isReady(page)
  await openTab(page, 'PublishEvent')
  await entry.click()
  await editorHas(page, 'operation.graphql', 'ListFailures')
  await editorHas(page, 'request-headers.json', apiKey)
  await isRead(page)
  await run(page)
  await responseHas(page, '"deliveryAttempts"')
})

test('the keys of all tabs are forgotten when the person says so, and the queries stay', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(linkTo({ query: 'query Kept { connectors { key } }' }))
  await isReady(page)
  await tabIsStored(page, 'Kept')
  const { apiKey } = postrider.printed
  expect(await storedWith(page, apiKey)).not.toEqual([])
  await page.getByRole('button', { name: 'Forget the keys of all tabs' }).click()
  await page.locator('.postrider-notice').getByText('No key yet').waitFor()
  expect(await storedWith(page, apiKey)).toEqual([])
  expect(await textOf(page, 'request-headers.json')).not.toContain(apiKey)
  expect(await textOf(page, 'operation.graphql')).toContain('Kept')
  // The page is loaded again, which may break off what it was loading.
  expect(visited.complaints.filter((one) => !one.endsWith('net::ERR_ABORTED'))).toEqual([])
})

test('the token of a portal session is kept for its tab of the browser, which can reload, and for no other', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  const token = await portalToken()
  await page.goto(`${postrider.url}/graphiql/#key=${token}`)
  await isReady(page)
  await openTab(page, 'ListFailures')
  await run(page)
  await responseHas(page, '"deliveryAttempts"')
  await page.reload()
  await isReady(page)
  await isRead(page)
  await openTab(page, 'ListFailures')
  await run(page)
  await responseHas(page, '"deliveryAttempts"')
  expect(await storedWith(page, token)).toEqual([])

  const other = await page.context().newPage()
  await other.goto(`${postrider.url}/graphiql/`)
  await isReady(other)
  await other.locator('.postrider-notice').getByText('No key yet').waitFor()
  // The reload cuts off what was still loading.
  expect(visited.complaints.filter((one) => !one.includes('ERR_ABORTED'))).toEqual([])
})

test('the page loads and runs nothing but what its policy lets, and may be framed by nobody', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(postrider.printed.link)
  await isReady(page)
  expect(visited.complaints).toEqual([])
  const refused = await page.evaluate<string[]>(`new Promise((resolve) => {
    const refused = []
    addEventListener('securitypolicyviolation', (event) => {
      refused.push(event.effectiveDirective)
      if (refused.length === 3) resolve(refused.sort())
    })
    const script = document.createElement('script')
    script.src = 'http://localhost:9/main.js'
    document.head.append(script)
    document.head.append(Object.assign(document.createElement('script'), { text: 'window.ran = true' }))
    fetch('http://localhost:9/keys').catch(() => undefined)
  })`)
  expect(refused).toEqual(['connect-src', 'script-src-elem', 'script-src-elem'])
  expect(await page.evaluate('window.ran')).toBeUndefined()

  const framing = await page.context().newPage()
  await framing.setContent(`<iframe src="${postrider.url}/graphiql/"></iframe>`)
  const framed = framing.frames()[1]
  await framing.waitForLoadState('networkidle')
  expect(await framed?.locator('#root').count()).toBe(0)
})

test('a ?query= link opens in front of the other tabs, with its variables, and does not run', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
  const query = `query First { connectors { key } }

query Second($key: String!) {
  connector(key: $key) { displayName }
}
`
  const link = linkTo({ query, variables: '{"key":"webhook"}', operationName: 'Second' })
  await page.goto(link)
  await isReady(page)
  await tabIsStored(page, 'Second')
  expect(page.url()).toBe(`${postrider.url}/graphiql/`)
  expect(await tabsOf(page)).toEqual(['Second', ...exampleTabs])
  expect(await textOf(page, 'operation.graphql')).toBe(query)
  expect(await textOf(page, 'variables.json')).toBe('{\n  "key": "webhook"\n}')
  await shot(page, '11-link')

  await page.locator('.graphiql-query-editor textarea').press('Control+Enter')
  await responseHas(page, '"displayName": "Webhook"')
  // What ran, ran by hand.
  expect(sent.filter((body) => body.includes('Second'))).toHaveLength(1)

  // In a browser that knows the page its tabs stay as they were.
  await page.goto(linkTo({ query: 'query Third { connectors { key } }' }))
  await isReady(page)
  expect(await textOf(page, 'operation.graphql')).toBe('query Third { connectors { key } }')
  expect(await textOf(page, 'variables.json')).toBe('')
  await tabIsStored(page, 'Third')
  expect(await tabsOf(page)).toEqual(['Third', 'Second', ...exampleTabs])
  await run(page)
  await responseHas(page, '"key": "webhook"')
  await openTab(page, 'Second')
  expect(await textOf(page, 'operation.graphql')).toBe(query)
  expect(await textOf(page, 'variables.json')).toBe('{\n  "key": "webhook"\n}')

  // The same link once more is the same tab, and a reload is none.
  await page.goto(link)
  await isReady(page)
  await page.reload()
  await isReady(page)
  expect(await tabsOf(page)).toEqual(['Second', 'Third', ...exampleTabs])
})

test('a tab can be copied as a link, in which there is no key', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const operation = {
    query: 'query Mine($key: String!) { connector(key: $key) { key } }',
    variables: '{\n  "key": "x"\n}',
  }
  await page.goto(linkTo(operation))
  await isReady(page)
  await page.getByRole('button', { name: 'Copy link to this query' }).click()
  await page.getByRole('button', { name: 'Link copied' }).waitFor()
  const copied = new URL(await page.evaluate<string>('navigator.clipboard.readText()'))
  expect(copied.origin + copied.pathname).toBe(`${postrider.url}/graphiql/`)
  expect(Object.fromEntries(copied.searchParams)).toEqual(operation)
  expect(copied.hash).toBe('')
})

/** With the demo's key, as somebody would send it to a colleague. By the shorter address, which leads to the page. */
function linkTo(operation: Record<string, string>): string {
  return `${postrider.url}/graphiql?${new URLSearchParams(operation)}#key=${postrider.printed.apiKey}`
}

async function portalToken(): Promise<string> {
  const send = async (query: string) => {
    const response = await fetch(`${postrider.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${postrider.printed.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    return ((await response.json()) as { data: Record<string, { organization: { id: string }; token: string }> }).data
  }
  const { organizationUpsert } = await send(
    'mutation { organizationUpsert(input: { externalId: "visitor", name: "Visitor" }) { organization { id } } }',
  )
  const { id } = organizationUpsert!.organization
  const made = await send(`mutation { portalSessionCreate(input: { organizationId: "${id}" }) { token } }`)
  return made.portalSessionCreate!.token
}

/** GraphiQL names a tab once it has read the operation, and stores its tabs half a second later. */
async function tabIsStored(page: Page, title: string): Promise<void> {
  await becomesSo(
    page,
    (title) => localStorage.getItem('postrider:graphiql:tabState')?.includes(`"title":"${title}"`),
    title,
  )
}

/** Names of what the browser keeps for the page and has this text in it. */
async function storedWith(page: Page, text: string): Promise<string[]> {
  return page.evaluate(
    (text) =>
      Object.entries(localStorage)
        .filter(([, value]) => value.includes(text))
        .map(([name]) => name)
        .toSorted(),
    text,
  )
}

/** `npm install` builds the page; a page older than its sources would be yesterday's. */
async function buildPageUnlessFresh(): Promise<void> {
  const built = await stat(path.join(checkout, 'dist/graphiql/index.html')).catch(() => undefined)
  const sources = path.join(checkout, 'src/graphiql')
  const changed = await Promise.all(
    (await readdir(sources)).map(async (name) => (await stat(path.join(sources, name))).mtimeMs),
  )
  if (built && built.mtimeMs > Math.max(...changed)) return
  const vite = path.join(checkout, 'node_modules/vite/bin/vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', '--config', 'src/graphiql/vite.config.ts'], {
    cwd: checkout,
    // vitest's own "test" would build React's development version.
    env: { ...process.env, NODE_ENV: 'production' },
  })
}
