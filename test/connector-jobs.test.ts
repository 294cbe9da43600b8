import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ApplicationUpdateDocument,
  DestinationDeleteDocument,
  DestinationDocument,
  DestinationUpdateDocument,
  OrganizationDeleteDocument,
} from '../src/client/generated/documents.ts'
import { idToUuid } from '../src/domain/id.ts'
import { backendOf, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type ReceivedRequest, startReceiver } from './support/receiver.ts'
import { until } from './support/until.ts'

// What connectors set up at their service, and take down again.

const TOKEN = 'tok_of_the_house'
const pluginsDir = path.join(import.meta.dirname, 'plugins')

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider({}, { pluginsDir })
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('is set up after the destination was made, changed with its settings, and taken down after it', async () => {
  await using receiver = await startReceiver(() => (response) => response.end('h1'))
  const { backend, id } = await prepare(receiver.url)
  expect(await heard(receiver, 2)).toEqual(['POST /hook/houses', 'PUT /hook/houses/h1/first'])
  expect(receiver.requests[0]!.headers.authorization).toBe(TOKEN)

  await backend.send(DestinationUpdateDocument, { input: { id, label: 'Another name' } })
  await backend.send(DestinationUpdateDocument, { input: { id, config: { url: receiver.url, room: 'second' } } })
  // Not built again: it remembers its id.
  expect(await heard(receiver, 3)).toEqual(['PUT /hook/houses/h1/second'])

  await backend.send(DestinationDeleteDocument, { input: { id } })
  expect(await heard(receiver, 4)).toEqual(['DELETE /hook/houses/h1'])
  expect(receiver.requests[3]!.headers.authorization).toBe(TOKEN)
  await expect.poll(jobs).toEqual([])
})

test('what goes wrong is shown without credentials, and tried again until it works', async () => {
  await using receiver = await startReceiver((_, n) => (n <= 2 ? 500 : (response) => response.end('h2')))
  const { backend, id } = await prepare(receiver.url)
  await receiver.request(1)
  const setupError = async () => (await backend.send(DestinationDocument, { id })).destination!.setupError
  await expect.poll(setupError).toBe('no ground for [redacted]: 500')
  await tryNow(1)
  await receiver.request(2)
  await tryNow(2)
  expect((await heard(receiver, 4)).slice(-1)).toEqual(['PUT /hook/houses/h2/first'])
  await expect.poll(setupError).toBeNull()
})

test('goes with the organization too, and is given up after a day with all that it holds', async () => {
  await using receiver = await startReceiver((request) =>
    request.method === 'DELETE' ? 500 : (response) => response.end('h3'),
  )
  const { backend, organizationId } = await prepare(receiver.url)
  await heard(receiver, 2)
  await backend.send(OrganizationDeleteDocument, { input: { id: organizationId } })
  expect(await heard(receiver, 3)).toEqual(['DELETE /hook/houses/h3'])
  await postrider.database.query('update connector_job set give_up_at = now()')
  await tryNow(1)
  await receiver.request(4)
  await expect.poll(jobs).toEqual([])
})

test('secrets that do not open are said, and tried again until they do', async () => {
  await using receiver = await startReceiver(() => (response) => response.end('h5'))
  const { backend, id } = await prepare(receiver.url)
  await heard(receiver, 2)
  const { query } = postrider.database
  await until(async () => (await query('select 1 from connector_job where id = $1', [uuidOf(id)])).length === 0)
  const [{ sealed }] = (await query('select credentials as sealed from destination where id = $1', [uuidOf(id)])) as [
    { sealed: string },
  ]
  const seal = (credentials: string) =>
    query('update destination set credentials = $2 where id = $1', [uuidOf(id), credentials])
  await seal(sealed.replace('v1.k1.', 'v1.lost.'))
  await query(
    `insert into connector_job (id, kind, connector, organization_id, application_id)
     select id, 'CREATE', connector, organization_id, application_id from destination where id = $1`,
    [uuidOf(id)],
  )
  await query("select pg_notify('postrider', 'test connector')")
  const setupError = async () => (await backend.send(DestinationDocument, { id })).destination!.setupError
  await expect.poll(setupError).toContain('No key "lost"')
  await seal(sealed)
  await tryNow(1)
  expect(await heard(receiver, 3)).toEqual(['PUT /hook/houses/h5/first'])
  await expect.poll(setupError).toBeNull()
})

test('keeps to https where the application asks for it', async () => {
  await using receiver = await startReceiver(() => (response) => response.end('h6'))
  const { backend, id } = await prepare(receiver.url)
  await heard(receiver, 2)
  await backend.send(ApplicationUpdateDocument, { input: { deliveryProfile: { httpsOnly: true } } })
  await backend.send(DestinationUpdateDocument, { input: { id, config: { url: receiver.url, room: 'second' } } })
  const setupError = async () => (await backend.send(DestinationDocument, { id })).destination!.setupError
  await expect.poll(setupError).toBe('The URL must begin with https://')
  expect(receiver.requests).toHaveLength(2)
})

test('an API process leaves it to the workers', async () => {
  await using receiver = await startReceiver(() => (response) => response.end('h4'))
  await using api = await startTestPostrider({}, { pluginsDir, database: postrider.database, role: 'api' })
  const backend = await api.application()
  await prepare(receiver.url, backendOf(backend.endpoint, backend.applicationId))
  expect(await heard(receiver, 2)).toEqual(['POST /hook/houses', 'PUT /hook/houses/h4/first'])
})

async function prepare(url: string, given?: Awaited<ReturnType<TestPostrider['application']>>) {
  const backend = given ?? (await postrider.application())
  const organizationId = await backend.organization()
  const credentials = { token: TOKEN }
  const { id } = await backend.destination({ organizationId, connector: 'house', config: { url }, credentials })
  return { backend, organizationId, id }
}

function uuidOf(id: string): string {
  return idToUuid(id as never)
}

const seen = new WeakMap<object, number>()

/** What has come since it was asked for the last time, up to the n-th. */
async function heard(
  receiver: { requests: readonly ReceivedRequest[]; request(n: number): Promise<unknown> },
  n: number,
): Promise<string[]> {
  await receiver.request(n)
  const from = seen.get(receiver) ?? 0
  seen.set(receiver, n)
  return receiver.requests.slice(from, n).map(({ method, path: place }) => `${method} ${place}`)
}

/** Instead of waiting for its time: once that many attempts have failed. */
async function tryNow(attempts: number): Promise<void> {
  const { query } = postrider.database
  // While it is tried, it is somebody's for a minute.
  const isPut = `due_at < now() + interval '30 s' and attempts = ${attempts}`
  await expect.poll(() => query(`update connector_job set due_at = now() where ${isPut} returning 1`)).toHaveLength(1)
  await query("select pg_notify('postrider', 'test connector')")
}

function jobs() {
  return postrider.database.query<{ attempts: number; error: string | null }>(
    'select attempts, error from connector_job',
  )
}
