import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEMO_ORGANIZATION_ID } from '../../src/app/demo.ts'
import {
  ConnectorCheckDocument,
  ConnectorFieldOptionsDocument,
  DeliveryDocument,
  DestinationCreateDocument,
  DestinationTestDocument,
} from '../../src/client/generated/documents.ts'
import type { ConnectorSettings } from '../support/connector-stage.ts'
import { freePort } from '../support/free-port.ts'
import { startMailServer } from '../support/mail-server.ts'
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
    expect(receiver.requests).toHaveLength(1)
  })

  test('so it is with connectors that speak no HTTP, whose threads all applications share', async () => {
    await using postrider = await startProcess({ dataDir: folder.path })
    await using mail = await startMailServer()
    const { demo, other } = await applicationsOf(postrider)
    // The thread that has served the one is not open to the other.
    for (const [backend, mails] of [
      [demo, 1],
      [other, 1],
      [demo, 2],
      [other, 2],
    ] as const) {
      const attempt = await sendMail(backend, mail.port)
      if (backend === demo) expect(attempt).toMatchObject({ outcome: 'SUCCESS' })
      else expect(attempt).toMatchObject({ failureKind: 'URL_NOT_ALLOWED', errorMessage: REFUSED_ADDRESS })
      expect(mail.mails).toHaveLength(mails)
    }
    for (const settings of socketSettings(mail.port)) {
      expect(await checkProblem(other, settings), settings.connector).toContain(REFUSED_ADDRESS)
      // It speaks SMTP alone: what matters is that it was reached.
      expect(await checkProblem(demo, settings), settings.connector).not.toContain('must not point')
    }
  })

  test('"test connection" and the choices of a field go the way of deliveries', async () => {
    await using postrider = await startProcess({ dataDir: folder.path })
    await using slack = await startReceiver(() => (response) => response.end('{"ok":true,"channels":[]}'))
    const { demo, other } = await applicationsOf(postrider)
    const ask = async (backend: Backend, url: string) => {
      const input = { connector: 'slack', config: { apiUrl: url }, credentials: { botToken: 'xoxb-made-up-1' } }
      const { connectorFieldOptions } = await backend.send(ConnectorFieldOptionsDocument, {
        input: { ...input, field: 'channel' },
      })
      return connectorFieldOptions.userErrors.map(({ message }) => message)
    }
    expect(await ask(demo, slack.url)).toEqual([])
    const { length } = slack.requests
    expect(length).toBeGreaterThan(0)
    expect(await ask(other, slack.url)).toEqual([expect.stringContaining('must not point to')])
    // The own /listen, and nothing beneath it.
    expect(await ask(other, `${postrider.url}/listen`)).toEqual([expect.stringContaining('must not point to')])
    expect(slack.requests).toHaveLength(length)
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
    await using mail = await startMailServer()
    for (const backend of [demo, other])
      expect(await sendMail(backend, mail.port)).toMatchObject({ failureKind: 'URL_NOT_ALLOWED' })
    expect(mail.mails).toEqual([])
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

const REFUSED_ADDRESS = 'The address must not point to a private or reserved address'

async function applicationsOf({ url: printed, keys }: PostriderProcess, url = printed) {
  const demo = backendOf({ url, key: keys.apiKey }, 'the demo')
  const other = await createBackend({ url, key: keys.operatorKey })
  for (const backend of [demo, other]) for (const type of ['ping', 'mail']) await backend.eventType(type)
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

/** One mail to a server on this machine: the attempt. */
async function sendMail(backend: Backend, port: number) {
  const organizationId = backend.applicationId === 'the demo' ? DEMO_ORGANIZATION_ID : await backend.organization()
  const { id } = await backend.destination({ organizationId, ...smtp(port), eventTypes: ['mail'] })
  const input = { id, eventType: 'mail', data: {} }
  return (await backend.send(DestinationTestDocument, { input })).destinationTest.attempt!
}

async function checkProblem(backend: Backend, input: ConnectorSettings): Promise<string> {
  const { connectorCheck } = await backend.send(ConnectorCheckDocument, { input })
  return connectorCheck.userErrors.map(({ message }) => message).join()
}

function smtp(port: number): ConnectorSettings {
  const config = { host: '127.0.0.1', port, security: 'none', from: 'a@example.com', to: ['b@example.com'] }
  return { connector: 'smtp', config }
}

function socketSettings(port: number): ConnectorSettings[] {
  const config = { host: '127.0.0.1', port, tls: false }
  return [
    smtp(port),
    { connector: 'redis', config: { ...config, stream: 'x' } },
    {
      connector: 'rabbitmq',
      config: { ...config, routingKey: 'q' },
      credentials: { user: 'u', password: 'made-up-1' },
    },
  ]
}

async function firstAttempt(backend: Backend, id: string) {
  const find = async () => (await backend.send(DeliveryDocument, { id })).delivery!.lastAttempt
  await until(async () => (await find()) !== null)
  return find()
}
