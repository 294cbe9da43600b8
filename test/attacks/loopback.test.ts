import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEMO_ORGANIZATION_ID } from '../../src/app/demo.ts'
import {
  ConnectorCheckDocument,
  DeliveryDocument,
  DestinationCreateDocument,
} from '../../src/client/generated/documents.ts'
import { freePort } from '../support/free-port.ts'
import { type Backend, backendOf, createBackend } from '../support/postrider.ts'
import { type PostriderProcess, startProcess, temporaryFolder } from '../support/process.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

// Which destinations reach the server's own machine.

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let receiver: Receiver
beforeAll(async () => {
  folder = await temporaryFolder()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

const OPEN = 'Loopback      open to destinations of the demo application, and to no others'
const REFUSED = [
  expect.stringMatching(/^The URL must not point to a(?:n internal host name| private or reserved address)$/),
]

describe('with the embedded Postgres', () => {
  test('the demo application reaches loopback, and no other does', async () => {
    await using postrider = await startProcess({ dataDir: folder.path })
    await postrider.said(OPEN)
    const { demo, other } = await applicationsOf(postrider)
    expect(await deliver(demo, receiver.url)).toMatchObject({ status: 'SUCCEEDED' })
    expect(receiver.requests).toHaveLength(1)
    const { port } = new URL(receiver.url)
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.1', '2130706433', '[::ffff:127.0.0.1]'])
      expect(await create(other, `http://${host}:${port}/hook`), host).toEqual(REFUSED)
    // What speaks no HTTP goes through the same guard.
    const redis = { connector: 'redis', config: { host: '127.0.0.1', port: Number(port), tls: false, stream: 'x' } }
    const { connectorCheck } = await other.send(ConnectorCheckDocument, { input: redis })
    expect(connectorCheck.userErrors[0]!.message).toContain('must not point to a private or reserved address')
    expect(receiver.requests).toHaveLength(1)
  })

  test('every application reaches the own /listen, and nothing else of the server', async () => {
    await using postrider = await startProcess({ dataDir: folder.path })
    const { demo, other } = await applicationsOf(postrider)
    for (const backend of [demo, other]) {
      const delivery = await deliver(backend, `${postrider.url}/listen`)
      expect(delivery).toMatchObject({ status: 'SUCCEEDED', lastAttempt: { response: { statusCode: 204 } } })
    }
    const { port } = new URL(postrider.url)
    for (const place of ['/listen?x=1', '/listen/', '/demo/receiver', '/graphql', '/healthz', '/listen/../healthz'])
      expect(await create(other, `${postrider.url}${place}`), place).toEqual(REFUSED)
    for (const origin of [`http://127.0.0.2:${port}`, `http://[::1]:${port}`, 'http://127.0.0.1:1', 'http://127.0.0.1'])
      expect(await create(other, `${origin}/listen`), origin).toEqual(REFUSED)
  })

  test('once POSTRIDER_PUBLIC_URL is public nobody reaches it, also not by what was saved before', async () => {
    const before = receiver.requests.length
    const PORT = String(await freePort())
    const environment = { PORT, POSTRIDER_PUBLIC_URL: 'https://hooks.example.com' }
    await using postrider = await startProcess({ dataDir: folder.path, environment })
    expect(postrider.output).not.toContain('Loopback')
    const own = `http://127.0.0.1:${PORT}`
    const { demo, other } = await applicationsOf(postrider, own)
    for (const backend of [demo, other]) expect(await create(backend, receiver.url)).toEqual(REFUSED)
    // The destination of the first test is there still.
    const { deliveries } = await demo.publish({ organizationId: DEMO_ORGANIZATION_ID, type: 'ping', data: {} })
    const attempts = await Promise.all(deliveries.map(({ id }) => firstAttempt(demo, id)))
    const refused = attempts.filter((attempt) => attempt?.request?.url === receiver.url)
    expect(refused).toMatchObject([{ failureKind: 'URL_NOT_ALLOWED', response: null }])
    expect(receiver.requests).toHaveLength(before)
    expect(await deliver(other, `${own}/listen`)).toMatchObject({ status: 'SUCCEEDED' })
  })

  test('an empty POSTRIDER_OUTBOUND_ALLOW closes all of it, the own /listen too', async () => {
    const environment = { POSTRIDER_OUTBOUND_ALLOW: '' }
    await using postrider = await startProcess({ dataDir: folder.path, environment })
    expect(postrider.output).not.toContain('Loopback')
    const { demo, other } = await applicationsOf(postrider)
    for (const backend of [demo, other])
      for (const url of [receiver.url, `${postrider.url}/listen`])
        expect(await create(backend, url), url).toEqual(REFUSED)
  })
})

async function applicationsOf({ url: printed, keys }: PostriderProcess, url = printed) {
  const demo = backendOf({ url, key: keys.apiKey }, 'the demo')
  const other = await createBackend({ url, key: keys.operatorKey })
  for (const backend of [demo, other]) await backend.eventType('ping')
  return { demo, other }
}

/** Why a destination is refused; undefined when it is not. */
async function create(backend: Backend, url: string): Promise<readonly string[] | undefined> {
  const organizationId = await backend.organization()
  const input = { organizationId, label: 'Local', config: { url } }
  const { destination, userErrors } = (await backend.send(DestinationCreateDocument, { input })).destinationCreate
  return destination ? undefined : userErrors.map(({ message }) => message)
}

/** Publishes to one destination, and returns the delivery once it is finished. */
async function deliver(backend: Backend, url: string) {
  const organizationId = backend.applicationId === 'the demo' ? DEMO_ORGANIZATION_ID : await backend.organization()
  const { id } = await backend.destination({ organizationId, url })
  const { deliveries } = await backend.publish({ organizationId, type: 'ping', data: {} })
  const ours = deliveries.find(({ destinationId }) => destinationId === id)!
  await backend.finished(ours.id)
  return (await backend.send(DeliveryDocument, { id: ours.id })).delivery!
}

async function firstAttempt(backend: Backend, id: string) {
  const find = async () => (await backend.send(DeliveryDocument, { id })).delivery!.lastAttempt
  await until(async () => (await find()) !== null)
  return find()
}
