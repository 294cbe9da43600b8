import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { type Endpoint, request } from '../../src/client/request.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Backend, backendOf, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { checkout, temporaryFolder } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'

// A portal session that may change a destination tries to read, at a server of its own, credentials and secret headers that
// the application has stored there.

let postrider: TestPostrider
let backend: Backend
let session: Endpoint
let organizationId: string
let canary: Canary
beforeAll(async () => {
  postrider = await startTestPostrider()
  canary = await startCanary()
  backend = await postrider.application({ retryDelays: [] })
  await backend.eventType('a')
  organizationId = await backend.organization()
  const { portalSessionCreate } = await backend.send(documents.PortalSessionCreateDocument, {
    input: { organizationId },
  })
  session = { url: postrider.url, key: portalSessionCreate.token! }
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await canary[Symbol.asyncDispose]()
})
beforeEach(() => canary.forget())

interface Stored {
  readonly connector: string
  readonly config: Record<string, unknown>
  readonly credentials: Record<string, string>
  /** What leads to the canary instead. */
  readonly moved: () => Record<string, unknown>
}

const login = { user: 'mailuser', password: 'stored-password-0123' }
const mail = { host: 'smtp.example.com', port: 465, security: 'tls', from: 'a@example.com', to: ['b@example.com'] }
const here = () => ({ host: '127.0.0.1', port: canary.port })
const stored: readonly (Stored & { readonly name: string })[] = [
  {
    name: 'slack by its API address',
    connector: 'slack',
    config: { channel: 'C0123456789' },
    credentials: { botToken: 'xoxb-stored-0123456789' },
    moved: () => ({ apiUrl: `${canary.url}/api/` }),
  },
  {
    name: 'smtp by another server without encryption',
    connector: 'smtp',
    config: mail,
    credentials: login,
    moved: () => ({ ...here(), security: 'none' }),
  },
  { name: 'smtp by another port', connector: 'smtp', config: mail, credentials: login, moved: () => ({ port: 25 }) },
  {
    name: 'smtp by less encryption',
    connector: 'smtp',
    config: mail,
    credentials: login,
    moved: () => ({ security: 'starttls' }),
  },
  {
    name: 'redis by another server',
    connector: 'redis',
    config: { host: 'redis.example.com', stream: 'x' },
    credentials: login,
    moved: () => ({ ...here(), tls: false }),
  },
  {
    name: 'redis without TLS',
    connector: 'redis',
    config: { host: 'redis.example.com', stream: 'x' },
    credentials: login,
    moved: () => ({ tls: false }),
  },
  {
    name: 'rabbitmq by another server',
    connector: 'rabbitmq',
    config: { host: 'mq.example.com' },
    credentials: login,
    moved: () => ({ ...here(), tls: false }),
  },
  {
    name: 'pagerduty by its endpoint',
    connector: 'pagerduty',
    config: {},
    credentials: { routingKey: 'R0123456789abcdefghijklmnopqrstu' },
    moved: () => ({ endpoint: `${canary.url}/enqueue` }),
  },
  {
    name: 'pagerduty by its region',
    connector: 'pagerduty',
    config: {},
    credentials: { routingKey: 'R0123456789abcdefghijklmnopqrstu' },
    moved: () => ({ region: 'EU' }),
  },
]

describe.each(stored)('stored credentials of $name', ({ connector, config, credentials, moved }) => {
  const required = (names: readonly string[]) =>
    names.map((name) => ({ code: 'REQUIRED', path: ['input', 'credentials', name] }))

  test('are not used by connectorCheck', async () => {
    const { id } = await backend.destination({ organizationId, connector, config, credentials })
    const { checked, userErrors } = await check({ connector, destinationId: id, config: moved() })
    expect(checked).toBe(false)
    expect(userErrors).toMatchObject(required(Object.keys(credentials)))
    expect(canary.heard()).toBe('')
    expect(await usesOf(id)).toEqual([])
  })

  test('do not follow a destinationUpdate, all or some of them', async () => {
    const { id } = await backend.destination({ organizationId, connector, config, credentials })
    const before = await destination(id)
    const [first, ...others] = Object.keys(credentials)
    const elsewhere = { ...before.config, ...moved() }
    expect(await update({ id, config: elsewhere })).toMatchObject(required([first!, ...others]))
    // Given by halves, the stored half would go with them.
    const half = { [first!]: credentials[first!] }
    expect(await update({ id, config: elsewhere, credentials: half })).toMatchObject(required(others))
    if (others.length > 0) expect(await destination(id)).toEqual(before)
    expect(canary.heard()).toBe('')
  })

  test('stay where nothing leads elsewhere, and go where they are entered again', async () => {
    const { id } = await backend.destination({ organizationId, connector, config, credentials })
    const before = await destination(id)
    expect(await update({ id, config: before.config })).toEqual([])
    const elsewhere = { ...before.config, ...moved() }
    expect(await update({ id, config: elsewhere, credentials })).toEqual([])
    expect((await destination(id)).config).toMatchObject(moved())
  })
})

describe('choices of a field', () => {
  const credentials = { botToken: 'xoxb-stored-0123456789' }
  const config = { channel: 'C0123456789' }

  test.each([
    ['a URL', () => `${canary.url}/`],
    ['a list that becomes a URL', () => [`${canary.url}/`]],
  ])('are not asked for at %s of the caller with stored credentials', async (_, apiUrl) => {
    const { id } = await backend.destination({ organizationId, connector: 'slack', config, credentials })
    const input = { connector: 'slack', field: 'channel', destinationId: id, config: { apiUrl: apiUrl() } }
    const { connectorFieldOptions } = await request(session, documents.ConnectorFieldOptionsDocument, { input })
    expect(connectorFieldOptions).toMatchObject({
      options: [],
      userErrors: [{ code: 'REQUIRED', path: ['input', 'credentials', 'botToken'] }],
    })
    expect(canary.heard()).toBe('')
    const own = { ...input, config: { apiUrl: `${canary.url}/` }, credentials: { botToken: 'xoxb-my-own-0123456789' } }
    await request(session, documents.ConnectorFieldOptionsDocument, { input: own })
    expect(canary.heard()).toContain('xoxb-my-own')
    expect(canary.heard()).not.toContain('xoxb-stored')
  })
})

describe('secret headers', () => {
  const secret = 'Bearer stored-header-0123456789'
  const headers = [
    { name: 'Authorization', value: secret },
    { name: 'X-Plain', value: 'shown', secret: false },
  ]

  test('do not follow the URL of a webhook', async () => {
    await using honest = await startReceiver()
    await using evil = await startReceiver()
    const { id } = await backend.destination({ organizationId, url: honest.url, headers })
    expect(await update({ id, config: { url: evil.url } })).toMatchObject([
      { code: 'REQUIRED', path: ['input', 'headers'], message: expect.stringContaining('authorization') },
    ])
    const kept = [{ name: 'X-Plain' }, { name: 'authorization' }]
    expect(await update({ id, config: { url: evil.url }, headers: kept })).toMatchObject([
      { code: 'REQUIRED', path: ['input', 'headers', '1', 'value'] },
    ])
    await sendTest(id)
    expect(evil.requests).toEqual([])

    // Another path of the same server.
    expect(await update({ id, config: { url: new URL('/other', honest.url).href } })).toEqual([])
    await sendTest(id)
    expect(honest.requests.map(({ path: to, headers: sent }) => [to, sent.authorization])).toEqual([
      ['/hook', secret],
      ['/other', secret],
    ])

    const entered = [{ name: 'X-Plain' }, { name: 'authorization', value: 'of the new server' }]
    expect(await update({ id, config: { url: evil.url }, headers: entered })).toEqual([])
    await sendTest(id)
    expect(evil.requests[0]!.headers).toMatchObject({ authorization: 'of the new server', 'x-plain': 'shown' })
  })

  test('do not follow a URL that is a credential', async () => {
    await using honest = await startReceiver()
    await using evil = await startReceiver()
    const credentials = { targetUrl: honest.url }
    const { id } = await backend.destination({ organizationId, connector: 'zapier', config: {}, credentials, headers })
    expect(await update({ id, credentials: { targetUrl: evil.url } })).toMatchObject([
      { code: 'REQUIRED', path: ['input', 'headers'] },
    ])
    await sendTest(id)
    expect(evil.requests).toEqual([])
    expect(honest.requests[0]!.headers.authorization).toBe(secret)
  })
})

test('another connector is not asked, nor shown, what a destination has stored', async () => {
  const { id } = await backend.destination({ organizationId, connector: 'smtp', config: mail, credentials: login })
  const config = { ...here(), tls: false, stream: 'x' }
  const conflict = [{ code: 'CONFLICT', path: ['input', 'destinationId'] }]
  expect((await check({ connector: 'redis', destinationId: id, config })).userErrors).toMatchObject(conflict)
  const input = { connector: 'redis', destinationId: id, config, eventType: 'a' }
  const { destinationPreview } = await request(session, documents.DestinationPreviewDocument, { input })
  expect(destinationPreview).toMatchObject({ request: null, userErrors: conflict })
  expect(canary.heard()).toBe('')
})

test('a check with stored credentials is in the audit log, one with the caller’s own is not', async () => {
  const config = { channel: 'C0123456789', apiUrl: `${canary.url}/` }
  const credentials = { botToken: 'xoxb-stored-0123456789' }
  const { id } = await backend.destination({ organizationId, connector: 'slack', config, credentials })
  await check({ connector: 'slack', destinationId: id })
  const input = { connector: 'slack', field: 'channel', destinationId: id }
  await request(session, documents.ConnectorFieldOptionsDocument, { input })
  expect(canary.heard()).toContain('xoxb-stored')
  await check({ connector: 'slack', destinationId: id, credentials: { botToken: 'xoxb-my-own-0123456789' } })
  await check({ connector: 'slack', config, credentials })
  const use = { action: 'CREDENTIALS_USED', actorKind: 'ORGANIZATION' }
  expect(await usesOf(id)).toMatchObject([use, use])
})

describe('a later major of a connector', () => {
  const FIRST = source({ version: '1.0.0', field: 'url' })

  test('whose migration leads to another server gets the credentials from the customer', async () => {
    await using world = await createWorld()
    await using honest = await startReceiver()
    const { id } = await world.start(FIRST, honest.url)
    const evil = `${canary.url}/hook`
    const second = source({ version: '2.0.0', field: 'url', migrate: `{ 1: () => ({ url: '${evil}' }) }` })
    const later = await world.start(second)
    for (const dryRun of [true, false]) {
      const { destinationUpgrade } = await later.backend.send(documents.DestinationUpgradeDocument, {
        input: { id, dryRun },
      })
      expect(destinationUpgrade).toMatchObject({
        destination: null,
        userErrors: [
          {
            code: 'REQUIRED',
            path: ['input', 'id'],
            message: expect.stringMatching(/destinationUpdate: input\.credentials\.token, input\.headers/),
          },
        ],
      })
    }
    const config = { url: evil }
    const change = async (input: object) =>
      (await later.backend.send(documents.DestinationUpdateDocument, { input: { id, ...input } })).destinationUpdate
        .userErrors
    expect(await change({ config })).toMatchObject([
      { code: 'REQUIRED', path: ['input', 'credentials', 'token'] },
      { code: 'REQUIRED', path: ['input', 'headers'] },
    ])
    expect(canary.heard()).toBe('')
    expect(await change({ config, credentials: { token: 'of-the-new-one' }, headers: [] })).toEqual([])
  })

  test('that names the same server otherwise keeps them', async () => {
    await using world = await createWorld()
    await using honest = await startReceiver()
    const { id } = await world.start(FIRST, honest.url)
    const migrate = '{ 1: ({ url }) => ({ endpoint: url }) }'
    const later = await world.start(source({ version: '2.0.0', field: 'endpoint', migrate }))
    const { destinationUpgrade } = await later.backend.send(documents.DestinationUpgradeDocument, { input: { id } })
    expect(destinationUpgrade).toMatchObject({ config: { endpoint: honest.url }, userErrors: [] })
    await later.backend.send(documents.DestinationTestDocument, { input: { id, eventType: 'a' } })
    expect(honest.requests.at(-1)!.headers).toMatchObject({ authorization: 'stored-token', 'x-key': 'stored-key' })
  })

  test('or the same one forgets, with the server, what it remembered of it', async () => {
    await using world = await createWorld()
    const account = (token: string) =>
      startReceiver(
        ({ path: to }) =>
          (response) =>
            response.end(to.endsWith('/token') ? token : ''),
      )
    await using honest = await account('access-token-of-the-account')
    await using evil = await account('another')
    const { backend: own, id } = await world.start(
      source({ version: '1.0.0', field: 'url', remembers: true }),
      honest.url,
    )
    const sendTo = async () => own.send(documents.DestinationTestDocument, { input: { id, eventType: 'a' } })
    await sendTo()
    expect(honest.requests.at(-1)!.headers.authorization).toBe('access-token-of-the-account')
    const input = { id, config: { url: evil.url }, credentials: { token: 'my-own' }, headers: [] }
    const { destinationUpdate } = await own.send(documents.DestinationUpdateDocument, { input })
    expect(destinationUpdate.userErrors).toEqual([])
    await sendTo()
    expect(evil.requests.map(({ headers }) => headers.authorization)).toEqual(['my-own', 'another'])
  })
})

async function check(input: documents.ConnectorCheckInput) {
  return (await request(session, documents.ConnectorCheckDocument, { input })).connectorCheck
}

async function update(input: documents.DestinationUpdateInput) {
  return (await request(session, documents.DestinationUpdateDocument, { input })).destinationUpdate.userErrors
}

async function sendTest(id: string): Promise<void> {
  await request(session, documents.DestinationTestDocument, { input: { id, eventType: 'a' } })
}

async function destination(id: string) {
  return (await request(session, documents.DestinationDocument, { id })).destination!
}

async function usesOf(objectId: string) {
  const filter = { objectId, actions: ['CREDENTIALS_USED' as const] }
  return (await backend.send(documents.AuditLogDocument, { filter })).auditLog.nodes
}

interface Canary extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Everything that came, and a mark for each connection. */
  heard(): string
  forget(): void
}

/** A server of the caller's own that gets what it can out of who connects, in any of the protocols. */
async function startCanary(): Promise<Canary> {
  let heard = ''
  const server = createServer((socket) => {
    heard += '[connected]'
    socket.on('error', () => undefined)
    const greeting = setTimeout(() => socket.write('220 hello\r\n'), 200)
    socket.on('close', () => clearTimeout(greeting))
    socket.on('data', (data) => {
      clearTimeout(greeting)
      heard += String(data)
      if (/^(GET|POST)/.test(String(data)))
        socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"ok":true,"channels":[]}')
      else socket.write(/^EHLO/i.test(String(data)) ? '250-x\r\n250 AUTH PLAIN\r\n' : '+OK\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    heard: () => heard,
    forget: () => {
      heard = ''
    },
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

interface Written {
  readonly version: string
  readonly field: string
  readonly migrate?: string
  readonly remembers?: boolean
}

/** A connector that sends its credential, or a token that it was given for it. */
function source({ version, field, migrate, remembers = false }: Written): string {
  const zod = path.join(checkout, 'node_modules/zod/index.js')
  return `import { defineConnector } from 'postrider/connector'
    import { z } from '${zod}'
    const ask = async (host, url, authorization) => (await host.fetch(url, { headers: { authorization } })).text()
    export default defineConnector({
      apiVersion: 1, key: 'parcel', version: '${version}', displayName: 'Parcel', description: 'Parcels.', category: 'other',
      config: z.strictObject({ ${field}: z.string() }),
      credentials: z.strictObject({ token: z.string() }),
      target: () => ({ label: 'parcel' }),
      buildRequest: ({ body, config, credentials }) =>
        ({ url: config.${field}, headers: { authorization: credentials.token }, body }),
      ${
        remembers
          ? `deliver: async (host, { config, credentials }) => {
               const token = await host.remember('token', () => ask(host, config.url + '/token', credentials.token))
               await ask(host, config.url, token)
               return { kind: 'success' }
             },`
          : ''
      }
      ${migrate ? `migrate: ${migrate},` : ''}
    })`
}

/** One database, and a server on it that is started with one version of the connector after the other. */
async function createWorld() {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase())
  const folder = stack.use(await temporaryFolder())
  let running: TestPostrider | undefined
  let first: { id: string; key: string; applicationId: string } | undefined
  stack.defer(async () => running?.[Symbol.asyncDispose]())

  async function make(url: string) {
    const own = await running!.application({ retryDelays: [] })
    await own.eventType('a')
    const { id } = await own.destination({
      organizationId: await own.organization(),
      connector: 'parcel',
      config: { url },
      credentials: { token: 'stored-token' },
      headers: [{ name: 'X-Key', value: 'stored-key' }],
    })
    return { id, key: own.endpoint.key, applicationId: own.applicationId }
  }
  return {
    async start(text: string, url = '') {
      await running?.[Symbol.asyncDispose]()
      const pluginsDir = path.join(folder.path, String(Math.random()).slice(2))
      await mkdir(path.join(pluginsDir, 'parcel'), { recursive: true })
      await writeFile(path.join(pluginsDir, 'parcel/index.ts'), text)
      running = await startTestPostrider({}, { database, pluginsDir })
      first ??= await make(url)
      const { id, key, applicationId } = first
      return { id, backend: backendOf({ url: running.url, key }, applicationId) }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
