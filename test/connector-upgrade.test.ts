import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  DeliveryDocument,
  DestinationDocument,
  DestinationUpdateDocument,
  DestinationUpgradeDocument,
} from '../src/client/generated/documents.ts'
import { createTestDatabase } from './support/database.ts'
import { type Backend, backendOf, startTestPostrider } from './support/postrider.ts'
import { checkout, temporaryFolder } from './support/process.ts'
import { startReceiver } from './support/receiver.ts'

// A connector of a new major version meets the destinations of the old one.

const FIRST = { version: '1.4.0', config: 'z.strictObject({ address: z.string() })', url: 'config.address' }
const THIRD = {
  version: '3.0.0',
  config: "z.strictObject({ url: z.string().startsWith('http'), tags: z.array(z.string()) })",
  url: 'config.url',
  migrate: '{ 1: ({ address }) => ({ url: address }), 2: (old) => ({ ...old, tags: [] }) }',
}

test('destinations wait for their upgrade, which is tried before it is stored', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const { backend, id, publish } = await world.start(FIRST, receiver.url)
  await backend.finished(await publish())

  const { backend: later, publish: publishLater } = await world.start(THIRD)
  const waiting = await publishLater()
  const { destination } = await later.send(DestinationDocument, { id })
  expect(destination).toMatchObject({
    config: { address: receiver.url },
    waitingReason: 'Its settings are those of version 1 of the connector, and have to be upgraded to 3.0.0',
  })
  const change = await later.send(DestinationUpdateDocument, { input: { id, credentials: {} } })
  expect(change.destinationUpdate.userErrors).toMatchObject([{ code: 'CONFLICT', path: ['input', 'id'] }])

  const config = { url: receiver.url, tags: [] }
  const dry = await upgrade(later, { id, dryRun: true })
  expect(dry).toMatchObject({ config, fromMajor: 1, toMajor: 3, userErrors: [] })
  expect(dry.destination).toMatchObject({ config: { address: receiver.url }, waitingReason: expect.any(String) })
  expect((await later.send(DeliveryDocument, { id: waiting })).delivery).toMatchObject({
    status: 'PENDING',
    attemptCount: 0,
  })
  expect(receiver.requests).toHaveLength(1)

  const done = await upgrade(later, { id })
  expect(done.destination).toMatchObject({ config, waitingReason: null })
  expect(await upgrade(later, { id })).toMatchObject({ config, fromMajor: 3, toMajor: 3, userErrors: [] })
  await later.finished(await publishLater())
  expect(receiver.requests).toHaveLength(2)
  // What waits looks once a minute.
  await world.hasten()
  await later.finished(waiting)
  expect(receiver.requests).toHaveLength(3)
})

test.for([
  [
    'a step is missing',
    { ...THIRD, migrate: '{ 1: ({ address }) => ({ url: address }) }' },
    /how to come from version 2 to 3/,
  ],
  [
    'a step throws',
    { ...THIRD, migrate: '{ 1: () => { throw new Error("no address") } }' },
    /step from version 1 failed: no address/,
  ],
  ['a step gives nonsense', { ...THIRD, migrate: '{ 1: () => null }' }, /step from version 1 gave no settings/],
  [
    'what it gives is refused by the schema',
    { ...THIRD, migrate: '{ 1: () => ({ url: "ftp:" }), 2: (old) => old }' },
    /must start with "http"/,
  ],
  ['no request can be built', { ...THIRD, url: 'config.tags[0].href' }, /builds no request: Cannot read/],
] as const)('nothing is stored when %s', async ([, next, message]) => {
  await using world = await createWorld()
  const { id } = await world.start(FIRST, 'http://127.0.0.1:1/')
  const { backend } = await world.start(next)
  const { destination, userErrors } = await upgrade(backend, { id })
  expect(destination).toBeNull()
  expect(userErrors[0]!.message).toMatch(message)
  expect((await backend.send(DestinationDocument, { id })).destination).toMatchObject({
    config: { address: 'http://127.0.0.1:1/' },
    version: 1,
  })
})

test('while a connector does not load, its destinations wait', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const { id } = await world.start(FIRST, receiver.url)
  const { backend, publish } = await world.start({ ...FIRST, url: 'nonsense(' })
  const waiting = await publish()
  const { destination } = await backend.send(DestinationDocument, { id })
  expect(destination).toMatchObject({
    waitingReason: 'The connector "parcel" did not load',
    connector: { status: 'FAILED' },
  })
  expect((await backend.send(DeliveryDocument, { id: waiting })).delivery).toMatchObject({
    status: 'PENDING',
    attemptCount: 0,
  })

  const { backend: later } = await world.start(FIRST)
  await world.hasten()
  await later.finished(waiting)
  expect(receiver.requests).toHaveLength(1)
})

test('settings of a version that is later than the one installed wait too', async () => {
  await using world = await createWorld()
  const { id } = await world.start({ ...FIRST, version: '2.0.0' }, 'http://127.0.0.1:1/')
  const { backend } = await world.start(FIRST)
  const waitingReason = 'Its settings are those of version 2 of the connector, which is installed in version 1.4.0'
  expect((await backend.send(DestinationDocument, { id })).destination).toMatchObject({ waitingReason })
  expect((await upgrade(backend, { id })).userErrors[0]!.message).toMatch(/installed in version 1\.4\.0/)
})

async function upgrade(backend: Backend, input: { id: string; dryRun?: boolean }) {
  return (await backend.send(DestinationUpgradeDocument, { input })).destinationUpgrade
}

interface Written {
  readonly version: string
  readonly config: string
  readonly url: string
  readonly migrate?: string
}

/** One database, and a server on it that is started with one version of the connector after the other. */
async function createWorld() {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase())
  const folder = stack.use(await temporaryFolder())
  let running: AsyncDisposable | undefined
  let first: { id: string; organizationId: string; key: string; applicationId: string } | undefined
  stack.defer(async () => running?.[Symbol.asyncDispose]())

  async function start(written: Written, address?: string) {
    await running?.[Symbol.asyncDispose]()
    const pluginsDir = path.join(folder.path, written.version, String(Math.random()).slice(2))
    await mkdir(path.join(pluginsDir, 'parcel'), { recursive: true })
    await writeFile(path.join(pluginsDir, 'parcel/index.ts'), source(written))
    const postrider = await startTestPostrider({}, { database, pluginsDir })
    running = postrider
    if (!first) {
      const backend = await postrider.application({ retryDelays: [] })
      await backend.eventType('a')
      const organizationId = await backend.organization()
      const { id } = await backend.destination({ organizationId, connector: 'parcel', config: { address } })
      first = { id, organizationId, key: backend.endpoint.key, applicationId: backend.applicationId }
    }
    const { id, organizationId, key, applicationId } = first
    const backend = backendOf({ url: postrider.url, key }, applicationId)
    const publish = async () => (await backend.publish({ organizationId, type: 'a', data: {} })).deliveries[0]!.id
    return { backend, id, publish }
  }
  return {
    start,
    async hasten() {
      await database.query("update waiting_delivery set due_at = now(); select pg_notify('postrider', 'test waiting')")
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function source({ version, config, url, migrate }: Written): string {
  const zod = path.join(checkout, 'node_modules/zod/index.js')
  return `import { defineConnector } from 'postrider/connector'
    import { z } from '${zod}'
    export default defineConnector({
      apiVersion: 1, key: 'parcel', version: '${version}', displayName: 'Parcel', description: 'Parcels.', category: 'other',
      config: ${config},
      target: () => ({ label: 'parcel' }),
      buildRequest: ({ body, config }) => ({ url: ${url}, body }),
      ${migrate ? `migrate: ${migrate},` : ''}
    })`
}
