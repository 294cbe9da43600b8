import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DEMO_ORGANIZATION_ID } from '../../src/app/demo.ts'
import {
  DeliveryDocument,
  DestinationCreateDocument,
  DestinationDocument,
  EventDocument,
  EventPublishDocument,
  TypedDocumentString,
} from '../../src/client/generated/documents.ts'
import { type Endpoint, request } from '../../src/client/request.ts'
import { createTestDatabase } from '../support/database.ts'
import { freePort } from '../support/free-port.ts'
import { OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { type PostriderProcess, postmasterPid, runToEnd, startProcess, temporaryFolder } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'

// Real processes, as a person starts them at a terminal, most with the embedded Postgres.

/** Started on an empty folder, and shared. */
let first: PostriderProcess
beforeAll(async () => {
  first = await startProcess()
})
afterAll(() => first?.[Symbol.asyncDispose]())

test('the first start prints where it is, and makes a demo key and an operator key', () => {
  const { apiKey, operatorKey } = first.keys
  expect(apiKey).toMatch(/^prk_\S{40,}$/)
  expect(operatorKey).toMatch(/^pro_\S{40,}$/)
  expect(first.output).toContain(`Postrider is ready at ${first.url}/graphql`)
})

test('the demo key is of the demo application, which may send over http, with a catalogue and an organization', async () => {
  const { viewer, eventTypes, organization } = await request(demoOf(first), DemoDocument, {})
  expect(viewer).toEqual({
    kind: 'APPLICATION',
    application: { name: 'Demo', deliveryProfile: { httpsOnly: false } },
  })
  expect(eventTypes.nodes.map((type) => type.name)).toContain('inquiry.received')
  expect(organization).toEqual({ id: DEMO_ORGANIZATION_ID, name: 'Demo customer' })
})

test('the operator key sees the applications', async () => {
  const operator = { url: first.url, key: first.keys.operatorKey }
  expect(await request(operator, ApplicationsDocument, {})).toEqual({
    viewer: { kind: 'OPERATOR' },
    applications: [{ name: 'Demo' }],
  })
})

test('the keys in the data folder are for their owner alone', async () => {
  const modes = new Map<string, number>()
  for (const name of await readdir(first.dataDir)) modes.set(name, (await stat(path.join(first.dataDir, name))).mode)
  for (const name of ['demo.json', 'operator-key', 'secret-keys', 'postgres-password']) {
    expect.soft(modes.get(name)! & 0o777, name).toBe(0o600)
  }
  expect(modes.get('postgres')! & 0o777).toBe(0o700)
})

test('it says that it is alive and ready', async () => {
  expect(await get(`${first.url}/healthz`)).toEqual({ status: 200, body: '{"status":"ok"}' })
  expect(await get(`${first.url}/readyz`)).toEqual({ status: 200, body: '{"status":"ready"}' })
})

// These run side by side: each waits for a process that ends by itself, the demo for a retry of five seconds.

test.concurrent('the demo shows a failure, retries, and verifies all signatures', async () => {
  const { exitCode, stdout, stderr } = await runToEnd({
    script: 'scripts/demo.ts',
    dataDir: first.dataDir,
    environment: { PORT: new URL(first.url).port },
  })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/attempt 1 .* RETRYABLE_FAILURE .*503.*, again in \d\.\d s/)
  expect(stdout).toMatch(/attempt 2 .* SUCCESS .* signature verified/)
  expect(stdout).toMatch(/All 3 events arrived, each with a valid signature\.\n$/)
  expect(exitCode).toBe(0)
})

test.concurrent('a second process on the folder ends at once and says who has it', async () => {
  const { exitCode, stdout, stderr } = await runToEnd({ dataDir: first.dataDir })
  expect(stderr).toMatch(
    /^The data folder \S+ is in use by process \d+\. Stop that process, or use another folder\.\n$/,
  )
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect((await get(`${first.url}/readyz`)).status).toBe(200)
})

test.concurrent('a port that is taken is said in one line, and no Postgres stays behind', async () => {
  await using folder = await temporaryFolder()
  const taken = new URL(first.url).port
  const { exitCode, stderr } = await runToEnd({ dataDir: folder.path, environment: { PORT: taken } })
  expect(stderr).toBe(`Port ${taken} of 127.0.0.1 is taken. Stop what listens there, or set PORT.\n`)
  expect(exitCode).toBe(1)
  expect(await postmasterPid(folder.path)).toBeUndefined()
})

test.concurrent('a role that does not exist is refused', async () => {
  const { exitCode, stderr } = await runToEnd({ args: ['--role', 'nonsense'] })
  expect(stderr).toContain("argument 'nonsense' is invalid. Allowed choices are all, api, worker")
  expect(exitCode).toBe(2)
})

test.concurrent('a database of one’s own needs secret keys of one’s own', async () => {
  const { exitCode, stderr } = await runToEnd({ environment: { DATABASE_URL: 'postgres://127.0.0.1/postrider' } })
  expect(stderr).toContain('POSTRIDER_SECRET_KEYS is required with DATABASE_URL')
  expect(exitCode).toBe(1)
})

test.concurrent('the demo without a server says what is missing', async () => {
  await using folder = await temporaryFolder()
  const never = await runToEnd({ script: 'scripts/demo.ts', dataDir: folder.path })
  expect(never.stderr).toBe(`Demo failed: there is no demo key in ${folder.path}: start the server first (npm start)\n`)
  const PORT = String(await freePort())
  const stopped = await runToEnd({ script: 'scripts/demo.ts', dataDir: first.dataDir, environment: { PORT } })
  expect(stopped.stderr).toBe(
    `Demo failed: no server answers at http://127.0.0.1:${PORT}: start it first (npm start)\n`,
  )
  expect([never.exitCode, stopped.exitCode]).toEqual([1, 1])
})

// npm and tsx pass a Ctrl-C on to a process that the terminal has sent it to as well.
test('Ctrl-C, however often it comes, lets a delivery in flight end', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await startReceiver(() => (response) => {
    letGo = () => response.writeHead(200).end('taken')
  })
  let letGo = () => {}
  await using stopping = await startProcess({ dataDir: folder.path })
  const demo = demoOf(stopping)
  await request(demo, DestinationCreateDocument, {
    input: {
      organizationId: DEMO_ORGANIZATION_ID,
      label: 'Slow',
      config: { url: receiver.url },
      eventTypes: ['contact.created'],
    },
  })
  const { eventPublish } = await request(demo, EventPublishDocument, {
    input: { organizationId: DEMO_ORGANIZATION_ID, type: 'contact.created', data: { id: 'cus_1', name: 'Ada' } },
  })
  await receiver.request(1)

  const ended = stopping.kill('SIGINT')
  await vi.waitFor(() => expect(get(`${stopping.url}/healthz`)).rejects.toThrow(), { interval: 20 })
  const endedToo = stopping.kill('SIGINT')
  letGo()
  expect(await Promise.all([ended, endedToo])).toEqual([0, 0])

  await using again = await startProcess({ dataDir: folder.path })
  const { event } = await request(demoOf(again), EventDocument, { id: eventPublish.event!.id })
  const { delivery } = await request(demoOf(again), DeliveryDocument, { id: event!.deliveries.nodes[0]!.id })
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
})

test('stopping npm stops what npm start has started, and its Postgres', async () => {
  await using folder = await temporaryFolder()
  await using started = await startProcess({ dataDir: folder.path, byNpm: true })
  // Waits until nobody holds the output any more, whatever becomes of npm itself.
  await started.kill('SIGTERM')
  expect(await postmasterPid(folder.path)).toBeUndefined()
  await expect(fetch(started.url)).rejects.toThrow()
})

test('without its Postgres it is alive but not ready, and still stops when told', async () => {
  // Along the way: an operator key of one's own is used and printed nowhere.
  await using postrider = await startProcess({ environment: { POSTRIDER_OPERATOR_KEY: OPERATOR_KEY } })
  expect(postrider.output).toContain('Operator key  (from POSTRIDER_OPERATOR_KEY)')
  const viewer = await request({ url: postrider.url, key: OPERATOR_KEY }, ApplicationsDocument, {})
  expect(viewer.viewer.kind).toBe('OPERATOR')
  expect(await readdir(postrider.dataDir)).not.toContain('operator-key')

  process.kill((await postmasterPid(postrider.dataDir))!, 'SIGKILL')
  await postrider.said('Postgres ended (SIGKILL)')
  expect(await get(`${postrider.url}/readyz`)).toEqual({
    status: 503,
    body: '{"status":"not ready","reason":"The database cannot be reached"}',
  })
  expect((await get(`${postrider.url}/healthz`)).status).toBe(200)
  expect(await postrider.kill('SIGTERM')).toBe(0)
  expect(postrider.output).not.toContain(OPERATOR_KEY)
})

test('a worker answers health and has no API', async () => {
  await using database = await createTestDatabase()
  await using worker = await startProcess({
    args: ['--role', 'worker'],
    environment: { ...TEST_ENVIRONMENT, DATABASE_URL: database.url },
  })
  expect((await get(`${worker.url}/healthz`)).status).toBe(200)
  expect((await get(`${worker.url}/readyz`)).status).toBe(200)
  expect((await get(`${worker.url}/graphql?query={__typename}`)).status).toBe(404)
  expect((await get(`${worker.url}/graphiql/`)).status).toBe(404)
  expect(worker.keys).toEqual({ link: '', apiKey: '', operatorKey: '' })
  expect(await worker.kill('SIGTERM')).toBe(0)
})

// The last, since it ends the process that the others share.
test('what was made and the demo key outlive a stop, a start, a kill -9 and another start', async () => {
  const { dataDir } = first
  const { destinationCreate } = await request(demoOf(first), DestinationCreateDocument, {
    input: {
      organizationId: DEMO_ORGANIZATION_ID,
      label: 'Kept',
      config: { url: 'http://127.0.0.1:9/' },
      eventTypes: ['contact.created'],
    },
  })
  const { id } = destinationCreate.destination!

  const running = await postmasterPid(dataDir)
  expect(running).toBeGreaterThan(0)
  expect(await first.kill('SIGTERM')).toBe(0)
  expect(await postmasterPid(dataDir)).toBeUndefined()
  expect(isAlive(running!)).toBe(false)

  await using between = await startProcess({ dataDir })
  expect(between.keys.apiKey).toBe(first.keys.apiKey)
  expect(between.keys.operatorKey).toBe(first.keys.operatorKey)
  expect((await request(demoOf(between), DestinationDocument, { id })).destination?.label).toBe('Kept')

  const leftBehind = await postmasterPid(dataDir)
  expect(await between.kill('SIGKILL')).toBeNull()
  expect(isAlive(leftBehind!)).toBe(true)

  await using after = await startProcess({ dataDir })
  expect(await postmasterPid(dataDir)).not.toBe(leftBehind)
  expect(after.keys.apiKey).toBe(first.keys.apiKey)
  expect((await request(demoOf(after), DestinationDocument, { id })).destination?.label).toBe('Kept')
})

interface Demo {
  readonly viewer: { kind: string; application: { name: string; deliveryProfile: { httpsOnly: boolean } } }
  readonly eventTypes: { nodes: { name: string }[] }
  readonly organization: { id: string; name: string } | null
}

const DemoDocument = new TypedDocumentString<Demo, Record<string, never>>(`{
  viewer { kind application { name deliveryProfile { httpsOnly } } }
  eventTypes { nodes { name } }
  organization(externalId: "demo") { id name }
}`)

interface Applications {
  readonly viewer: { kind: string }
  readonly applications: { name: string }[]
}

const ApplicationsDocument = new TypedDocumentString<Applications, Record<string, never>>(
  '{ viewer { kind } applications { name } }',
)

function demoOf({ url, keys }: PostriderProcess): Endpoint {
  return { url, key: keys.apiKey }
}

async function get(url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url)
  return { status: response.status, body: await response.text() }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
