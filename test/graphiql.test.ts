import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { buildSchema, type OperationDefinitionNode, parse, validate } from 'graphql'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startBrowser, visit } from './support/browser.ts'
import { type PostriderProcess, startProcess } from './support/process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const checkout = path.resolve(import.meta.dirname, '..')
const examplesDir = path.join(checkout, 'schema/examples')

const exampleFiles = (await readdir(examplesDir)).toSorted()

/** A first start, which a person has just made at a terminal. */
let postrider: PostriderProcess
let browser: Browser
const parts = new AsyncDisposableStack()
beforeAll(async () => {
  await buildPageUnlessFresh()
  postrider = parts.use(await startProcess())
  browser = await startBrowser()
  parts.defer(() => browser.close())
})
afterAll(() => parts.disposeAsync())

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
  expect(tabs.map((tab) => tab.title)).toEqual(['CreateDestination', 'PublishEvent', 'WatchAttempts', 'ListFailures'])
  expect(tabs[0]!.query).toContain(`"${postrider.url}/demo/receiver"`)
  expect(JSON.stringify(tabs)).not.toContain(':4000')
})

test('the printed link opens GraphiQL, where the four examples run as they stand, in their order', async () => {
  await using visited = await visit(browser)
  const { page } = visited
  await page.goto(postrider.printed.link)
  await isReady(page)
  expect(page.url()).toBe(`${postrider.url}/graphiql/`)
  expect(await page.locator('.graphiql-tab-button').allInnerTexts()).toEqual([
    'CreateDestination',
    'PublishEvent',
    'WatchAttempts',
    'ListFailures',
  ])
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
  await page.evaluate(
    ([name, text]) => {
      const model = __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(name))
      model!.setValue(text)
    },
    ['request-headers.json', headers] as const,
  )
  await notice.waitFor({ state: 'detached' })
  await openTab(page, 'ListFailures')
  await run(page)
  await responseHas(page, '"deliveryAttempts"')
})

/** What GraphiQL leaves of Monaco in the page's window for others to reach. */
declare const __MONACO: {
  editor: { getModels(): { uri: { path: string }; getValue(): string; setValue(text: string): void }[] }
}

async function isReady(page: Page): Promise<void> {
  await page.locator('.graphiql-query-editor .monaco-editor .view-line').first().waitFor()
}

async function openTab(page: Page, name: string): Promise<void> {
  await page.locator('.graphiql-tab-button', { hasText: name }).click()
  await editorHas(page, 'operation.graphql', name)
  // GraphiQL reads the operation's name anew 100 ms after its text changed, and shows that nowhere.
  await page.waitForTimeout(300)
}

async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Execute query/ }).click()
}

async function stop(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Stop/ }).click()
}

async function responseHas(page: Page, text: string): Promise<void> {
  await editorHas(page, 'response.json', text).catch(async (cause) => {
    throw new Error(`The response never had ${text}:\n${await textOf(page, 'response.json')}`, { cause })
  })
}

async function responseOf(page: Page): Promise<unknown> {
  return JSON.parse(await textOf(page, 'response.json'))
}

async function editorHas(page: Page, editor: string, text: string): Promise<void> {
  await page.waitForFunction(
    ([editor, text]) => {
      const model = __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(editor))
      return model?.getValue().includes(text)
    },
    [editor, text] as const,
  )
}

async function textOf(page: Page, editor: string): Promise<string> {
  return page.evaluate(
    (editor) =>
      __MONACO.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(editor))
        ?.getValue() ?? '',
    editor,
  )
}

/** With SHOTS=FOLDER in the environment, for people who want to see the page. */
async function shot(page: Page, name: string): Promise<void> {
  if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) })
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
  })
}
