import { access } from 'node:fs/promises'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { type N8n, startN8n } from '../../test/support/n8n/n8n.ts'
import { buildN8nPackage, type N8nPackage } from '../../test/support/n8n/package.ts'
import { testCredential } from '../../test/support/n8n/requests.ts'
import type { Credential } from '../../test/support/n8n/types.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { startReceiver } from '../../test/support/receiver.ts'

// The community package as it is published, loaded as n8n loads it, against the running server.

let postrider: TestPostrider
let built: N8nPackage
beforeAll(async () => {
  ;[postrider, built] = await Promise.all([startTestPostrider(), buildN8nPackage()])
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

describe('the package', () => {
  test('is what n8n verifies: its name, its keyword, nothing that it depends on, and only files that are there', async () => {
    expect(built.manifest).toMatchObject({
      name: 'n8n-nodes-postrider',
      keywords: expect.arrayContaining(['n8n-community-node-package']),
      license: 'MIT',
      files: ['dist'],
      peerDependencies: { 'n8n-workflow': '*' },
      n8n: { n8nNodesApiVersion: 1, strict: true },
    })
    expect(built.manifest).not.toHaveProperty('dependencies')
    expect(Object.keys(built.nodes)).toEqual(['postrider', 'postriderTrigger'])
    const { nodes, credentials } = built.manifest.n8n
    const icons = [
      ...Object.values(built.nodes).map(({ description }) => description.icon),
      built.credentials.postriderApi!.icon,
    ]
    for (const [index, file] of [...nodes, ...credentials].entries()) {
      const { light, dark } = icons[index]!
      expect(light).not.toBe(dark)
      for (const icon of [light, dark]) {
        await access(path.join(built.folder, path.dirname(file), icon.replace('file:', '')))
      }
    }
    // Where n8n looks for what it calls the codex.
    for (const file of nodes) await access(path.join(built.folder, `${file}on`))
  })
})

describe('the credential', () => {
  test('is tested with the server, for its key and its organization, by either of its names', async () => {
    const { backend, credential, organizationId } = await prepare()
    const check = (change: Partial<Credential>) =>
      testCredential(built.credentials.postriderApi!, { ...credential, ...change })
    expect(await check({})).toBeUndefined()
    expect(await check({ organization: organizationId, serverUrl: `${backend.endpoint.url}/` })).toBeUndefined()
    expect(await check({ organization: 'nobody' })).toContain('no such organization')
    expect(await check({ organization: organizationId.replace(/.$/, '0') })).toContain('no such organization')
    expect(await check({ apiKey: 'wrong' })).toContain('401')
  })
})

describe('an active workflow', () => {
  test('is started by each event that it wants, until it is switched off', async () => {
    const { backend, n8n, organizationId, destinations } = await prepare()
    await backend.eventType('b')
    n8n.parameters = { eventTypes: ['a'] }
    await n8n.activate()
    expect(await destinations()).toMatchObject([
      { label: 'n8n: Orders', config: { url: n8n.productionUrl, temporary: false }, eventTypes: ['a'] },
    ])
    await backend.publish({ organizationId, type: 'b', data: 1 })
    const { id, deliveries } = await backend.publish({ organizationId, type: 'a', data: { total: 12 } })
    expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(n8n.executions).toEqual([[{ json: expect.objectContaining({ id, type: 'a', data: { total: 12 } }) }]])
    const { delivery } = await backend.send(documents.DeliveryDocument, { id: deliveries[0]!.id })
    expect(JSON.parse(delivery!.lastAttempt!.response!.body!)).toEqual({ received: id })

    await n8n.deactivate()
    expect(await destinations()).toEqual([])
    await n8n.deactivate()
  })

  test('has one destination, however often and by however many processes it is activated', async () => {
    const { backend, n8n, organizationId, destinations } = await prepare()
    await Promise.all([n8n.activate(), n8n.activate(), n8n.activate()])
    const [first, ...others] = await destinations()
    expect(others).toEqual([])
    await n8n.activate()
    expect(await destinations()).toMatchObject([{ id: first!.id, version: first!.version }])
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
    expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(n8n.executions).toHaveLength(1)
  })

  test('is started by a destination that n8n has forgotten, and takes it with it when it is switched off', async () => {
    const { backend, n8n, organizationId, destinations } = await prepare()
    await n8n.activate()
    const [{ id } = { id: '' }] = await destinations()
    n8n.staticData = {}
    await n8n.activate()
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
    expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(await destinations()).toMatchObject([{ id }])
    n8n.staticData = {}
    await n8n.deactivate()
    expect(await destinations()).toEqual([])
  })

  test('gets a new destination in the place of one that was deleted in Postrider, and does not mind when it is gone', async () => {
    const { backend, n8n, organizationId, destinations } = await prepare()
    const deleteIt = async () => {
      const [{ id } = { id: '' }] = await destinations()
      await backend.send(documents.DestinationDeleteDocument, { input: { id } })
    }
    await n8n.activate()
    await deleteIt()
    await n8n.activate()
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
    expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
    await deleteIt()
    await n8n.deactivate()
    expect(n8n.staticData).toEqual({ registrations: {} })
  })

  test('tells the destination of other events that it wants, and switches on what the system switched off', async () => {
    const disabling = { failingAfterFailures: 1, disableAfterFailures: 1, disableAfterSeconds: null }
    const { backend, n8n, organizationId, destinations } = await prepare(disabling)
    await n8n.activate()
    n8n.parameters = { eventTypes: ['a', 'b.*'] }
    await n8n.activate()
    const [{ id, eventTypes } = { id: '', eventTypes: [] }] = await destinations()
    expect(eventTypes).toEqual(['a', 'b.*'])
    n8n.forget()
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
    await backend.finished(deliveries[0]!.id)
    expect(await destinations()).toMatchObject([{ id, disabledReason: 'CONSECUTIVE_FAILURES' }])
    await n8n.activate()
    expect(await destinations()).toMatchObject([{ id, disabledReason: null }])

    await backend.send(documents.DestinationDisableDocument, { input: { id } })
    await n8n.activate()
    expect(await destinations()).toMatchObject([{ id, disabledReason: 'MANUAL' }])
  })

  test('leaves no destination behind when its credential names another organization', async () => {
    const { backend, n8n, credential, destinations } = await prepare()
    await n8n.activate()
    const globex = await backend.organization('globex')
    n8n.credential = { ...credential, organization: 'globex' }
    await n8n.activate()
    expect(await destinations()).toEqual(await destinations(globex))
    expect(await destinations()).toHaveLength(1)
    await n8n.deactivate()
    expect(await destinations()).toEqual([])
  })

  test('goes on with its old secret while a rotation overlaps, and with the new one once it was off and on', async () => {
    const { backend, n8n, organizationId, destinations } = await prepare()
    await n8n.activate()
    const [{ id } = { id: '' }] = await destinations()
    const status = async () => {
      const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
      return (await backend.finished(deliveries[0]!.id)).status
    }
    const rotate = (overlapSeconds: number) =>
      backend.send(documents.DestinationSecretRotateDocument, { input: { id, overlapSeconds } })
    await rotate(60)
    expect(await status()).toBe('SUCCEEDED')
    await rotate(0)
    expect(await status()).toBe('FAILED')
    await n8n.deactivate()
    await n8n.activate()
    expect(await status()).toBe('SUCCEEDED')
  })
})

describe('a request', () => {
  test.each([
    ['is not signed', () => ({}), 'not signed'],
    ['was changed on its way', (sign: Sign) => sign(new Date(), '{"n":2}'), 'does not fit'],
    ['was signed by somebody else', () => signWith(`whsec_${btoa('0'.repeat(32))}`)(), 'does not fit'],
    ['was signed with an empty secret', () => emptySignature(), 'does not fit'],
    ['is old', (sign: Sign) => sign(new Date(Date.now() - 301_000)), 'five minutes'],
    ['is from the future', (sign: Sign) => sign(new Date(Date.now() + 302_000)), 'five minutes'],
    ['has no time', (sign: Sign) => ({ ...sign(), 'webhook-timestamp': 'NaN' }), 'five minutes'],
  ])('that %s is answered with 401, and starts nothing', async (_, headersOf, error) => {
    const { n8n } = await prepare()
    await n8n.activate()
    const sign = signWith(secretOf(n8n))
    const refused = await post(n8n, headersOf(sign))
    expect([refused.status, await refused.json()]).toEqual([401, { error: expect.stringContaining(error) }])
    expect(n8n.executions).toEqual([])
    expect((await post(n8n, sign())).status).toBe(200)
    expect(n8n.executions).toEqual([[{ json: { n: 1 } }]])
  })

  test('that comes when n8n knows no secret is refused', async () => {
    const { n8n } = await prepare()
    await n8n.activate()
    const sign = signWith(secretOf(n8n))
    await n8n.deactivate()
    await using stranger = await startN8n({ package: built, credential: n8n.credential })
    await stranger.listen()
    expect((await post(stranger, sign(), stranger.testUrl)).status).toBe(401)
  })
})

describe('a test', () => {
  test('has a destination of its own until the first event, beside that of the active workflow', async () => {
    const { backend, n8n, organizationId, destinations } = await prepare()
    await n8n.activate()
    await n8n.listen()
    expect(await destinations()).toMatchObject([
      { label: 'n8n: Orders (test)', config: { url: n8n.testUrl, temporary: true } },
      { config: { url: n8n.productionUrl, temporary: false } },
    ])
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
    for (const { id } of deliveries) expect(await backend.finished(id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(n8n.executions).toHaveLength(2)
    expect(await destinations()).toMatchObject([{ config: { url: n8n.productionUrl } }])
    const next = await backend.publish({ organizationId, type: 'a', data: 2 })
    expect(await backend.finished(next.deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(n8n.executions).toHaveLength(3)
  })

  test('that n8n forgot, because it was restarted, leaves a destination that goes with the next event', async () => {
    const { backend, n8n, organizationId, destinations } = await prepare()
    await n8n.listen()
    n8n.forget()
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
    expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'FAILED', attemptCount: 1 })
    expect(await destinations()).toEqual([])
  })
})

describe('activation fails, so that n8n shows why and tries again,', () => {
  test('when the server is down; so does deactivation', async () => {
    const { n8n, credential } = await prepare()
    await n8n.activate()
    n8n.credential = { ...credential, serverUrl: await closedUrl() }
    await expect(n8n.activate()).rejects.toThrow(/refused the connection/)
    await expect(n8n.deactivate()).rejects.toThrow(/refused the connection/)
    n8n.credential = credential
    await n8n.deactivate()
  })

  test.each([
    [{ apiKey: 'wrong' }, /Authorization failed/],
    [{ organization: 'nobody' }, /no organization "nobody"/],
  ])('with the credential %j', async (change, message) => {
    const { n8n, credential } = await prepare()
    n8n.credential = { ...credential, ...change }
    await expect(n8n.activate()).rejects.toThrow(message)
  })

  test('with what Postrider has against the destination', async () => {
    const { n8n } = await prepare()
    n8n.parameters = { eventTypes: ['not a name'] }
    await expect(n8n.activate()).rejects.toThrow(/Postrider refused this: eventTypes/)
  })

  test('when the application signs in a way that the trigger cannot verify', async () => {
    const { n8n, destinations } = await prepare({ signatures: [{ scheme: 'HMAC_SHA256_HEX', header: 'x-signature' }] })
    await expect(n8n.activate()).rejects.toThrow(/does not sign its requests with Standard Webhooks/)
    expect(await destinations()).toEqual([])
  })
})

test('the editor offers the event types of the catalogue, all pages of it, without those that are archived', async () => {
  const { backend, n8n } = await prepare()
  for (let n = 100; n < 201; n++) await backend.eventType(`n.${n}`)
  await backend.eventType('order.placed', { description: 'A customer has paid' })
  await backend.send(documents.EventTypeArchiveDocument, { input: { name: 'n.100' } })
  const options = await n8n.loadOptions('getEventTypes')
  expect(options).toHaveLength(102)
  expect(options.map(({ value }) => value)).not.toContain('n.100')
  expect(options[0]).toEqual({ name: 'a', value: 'a' })
  expect(options.at(-1)).toEqual({ name: 'order.placed', value: 'order.placed', description: 'A customer has paid' })
})

type Sign = ReturnType<typeof signWith>

/** Headers of a request, by the reference implementation of Standard Webhooks. */
function signWith(secret: string) {
  return (at = new Date(), body = '{"n":1}') => ({
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('evt_1', at, body),
  })
}

function emptySignature() {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  return { 'webhook-id': 'evt_1', 'webhook-timestamp': timestamp, 'webhook-signature': 'v1,' }
}

function secretOf(n8n: N8n): string {
  const [registration] = Object.values(n8n.staticData.registrations as Record<string, { secret: string }>)
  return registration!.secret
}

function post({ productionUrl }: N8n, headers: Record<string, string>, url = productionUrl): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"n":1}' })
}

/** Where nobody listens. */
async function closedUrl(): Promise<string> {
  await using receiver = await startReceiver()
  return new URL(receiver.url).origin
}

const started: N8n[] = []
afterAll(() => Promise.all(started.map((n8n) => n8n[Symbol.asyncDispose]())))

/** An organization of an application of its own, and an n8n with a workflow that is not yet active. */
async function prepare(profile: documents.DeliveryProfileInput = {}) {
  const backend: Backend = await postrider.application({ retryDelays: [], ...profile })
  await backend.eventType('a')
  const organizationId = await backend.organization('acme')
  const credential = { serverUrl: backend.endpoint.url, apiKey: backend.endpoint.key, organization: 'acme' }
  const n8n = await startN8n({ package: built, credential })
  started.push(n8n)
  const destinations = async (of?: string) => {
    const variables = { ...(of && { organizationId: of }) }
    return (await backend.send(documents.DestinationsDocument, variables)).destinations.nodes
  }
  return { backend, organizationId, credential, n8n, destinations }
}
