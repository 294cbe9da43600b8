import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DeliveriesDocument,
  DeliveryDocument,
  DestinationCreateDocument,
  type DestinationCreateInput,
  DestinationDeleteDocument,
  DestinationDisableDocument,
  DestinationDocument,
  DestinationEnableDocument,
  type DestinationFilter,
  DestinationSecretRevealDocument,
  DestinationsDocument,
  DestinationUpdateDocument,
  type DestinationUpdateInput,
  OrganizationDocument,
} from '../src/client/generated/documents.ts'
import { type Id, idToUuid } from '../src/domain/id.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { sendRaw } from './support/raw-request.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const config = { url: 'https://hooks.example.com:8443/in?key=1' }
const OWN_SECRET = 'a secret of their own'.replaceAll(' ', '-')

describe('a destination', () => {
  test('made with label and target alone is on, healthy, signed and subscribed to everything', async () => {
    const { backend, organizationId } = await open()
    const { destination, signingSecret } = await create(backend, { organizationId, label: ' Shop ', config })
    expect(destination).toMatchObject({
      id: expect.stringMatching('^dst_'),
      label: 'Shop',
      key: null,
      description: null,
      config,
      target: 'hooks.example.com:8443',
      connector: { key: 'webhook', status: 'READY' },
      eventTypes: [],
      credentials: [],
      active: true,
      health: 'HEALTHY',
      disabledReason: null,
      disabledAt: null,
      consecutiveFailures: 0,
      lastSuccessAt: null,
      version: 1,
      signingSecrets: [{ hint: `…${signingSecret!.slice(-4)}`, expiresAt: null }],
    })
    expect(signingSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(await read(backend, destination!.id)).toEqual(destination)
  })

  test('keeps what it was given, each subscription once', async () => {
    const { backend, organizationId } = await open()
    const fields = { key: 'crm.main-1', label: 'CRM', description: 'Two\nlines', active: false }
    const eventTypes = ['order.placed', 'invoice.*', 'order.placed']
    const { destination } = await create(backend, { organizationId, config, eventTypes, ...fields })
    expect(destination).toMatchObject({
      ...fields,
      eventTypes: ['order.placed', 'invoice.*'],
      disabledReason: 'MANUAL',
    })
  })

  test('may have the key that one of another organization has', async () => {
    const { backend, organizationId } = await open()
    const other = await backend.organization('globex')
    const first = await create(backend, { organizationId, key: 'main', label: 'x', config })
    const second = await create(backend, { organizationId: other, key: 'main', label: 'x', config })
    expect([first.userErrors, second.userErrors]).toEqual([[], []])
  })
})

describe('an update', () => {
  const given: Omit<DestinationCreateInput, 'organizationId'> = {
    ...{ label: 'Shop', description: 'Ours', config, eventTypes: ['order.placed'] },
    ...{ filter: 'event.data.total > 100.0', transform: '{"id": event.data.id}', ordering: 'FIFO', rateLimit: 5 },
  }
  const otherUrl = { url: 'https://example.org/' }
  test.each<[what: string, change: Partial<DestinationUpdateInput>, expected: object]>([
    ['with nothing given changes no setting', {}, given],
    ['of the label changes the label', { label: 'New' }, { ...given, label: 'New' }],
    ['to no description clears it', { description: null }, { ...given, description: null }],
    ['of the target moves it', { config: otherUrl }, { ...given, config: otherUrl, target: 'example.org' }],
    ['of the subscriptions replaces them', { eventTypes: ['a.*'] }, { ...given, eventTypes: ['a.*'] }],
    ['to no subscriptions subscribes to everything', { eventTypes: null }, { ...given, eventTypes: [] }],
    ['to no filter clears it', { filter: null }, { ...given, filter: null }],
    ['to no transform clears it', { transform: null }, { ...given, transform: null }],
    ['of the ordering changes the ordering', { ordering: 'ANY' }, { ...given, ordering: 'ANY' }],
    ['to no rate limit takes it away', { rateLimit: null }, { ...given, rateLimit: null }],
    [
      'with null for what cannot be empty leaves it',
      { label: null, config: null, ordering: null, active: null },
      given,
    ],
  ])('%s, and the version goes up', async (_, change, expected) => {
    const { backend, organizationId } = await open()
    const { destination } = await create(backend, { organizationId, ...given })
    const { destinationUpdate } = await backend.send(DestinationUpdateDocument, {
      input: { id: destination!.id, ...change },
    })
    expect(destinationUpdate).toMatchObject({ userErrors: [], destination: { ...expected, active: true, version: 2 } })
    expect(await read(backend, destination!.id)).toEqual(destinationUpdate.destination)
  })

  test('is told every mistake at once, and the same as a new destination is', async () => {
    const { backend, organizationId } = await open()
    const { destination } = await create(backend, { organizationId, ...given })
    const mistakes = {
      ...{ label: 'x'.repeat(201), description: 'x'.repeat(2_001), rateLimit: 0 },
      ...{ filter: 'event.', transform: 'event.', eventTypes: Array(201).fill('order.placed') },
      headers: Array.from({ length: 21 }, (_, n) => ({ name: `X-${n}`, value: 'x' })),
    }
    const { userErrors } = await create(backend, { organizationId, config, ...mistakes })
    const codes = userErrors.map(({ code, path }) => [path!.join('.'), code]).toSorted()
    expect(codes).toEqual([
      ['input.description', 'INVALID'],
      ['input.eventTypes', 'INVALID'],
      ['input.filter', 'EXPRESSION_INVALID'],
      ['input.headers', 'LIMIT_EXCEEDED'],
      ['input.label', 'INVALID'],
      ['input.rateLimit', 'INVALID'],
      ['input.transform', 'EXPRESSION_INVALID'],
    ])
    const input = { id: destination!.id, ...mistakes }
    const { destinationUpdate } = await backend.send(DestinationUpdateDocument, { input })
    expect(destinationUpdate).toMatchObject({ destination: null, userErrors })
    expect(await read(backend, destination!.id)).toEqual(destination)
  })

  test('of a version that is gone is a CONFLICT, and changes nothing', async () => {
    const { backend, organizationId } = await open()
    const { destination } = await create(backend, { organizationId, ...given })
    const update = (label: string, expectedVersion: number) =>
      backend.send(DestinationUpdateDocument, { input: { id: destination!.id, label, expectedVersion } })
    expect(await update('First', 1)).toMatchObject({
      destinationUpdate: { destination: { label: 'First', version: 2 } },
    })
    const { destinationUpdate } = await update('Second', 1)
    const message = expect.stringContaining('is at version 2, not 1')
    const error = { code: 'CONFLICT', path: ['input', 'expectedVersion'], message }
    expect(destinationUpdate).toMatchObject({ destination: null, userErrors: [error] })
    expect(await read(backend, destination!.id)).toMatchObject({ label: 'First', version: 2 })
  })

  test('of one version by several at once gets through once', async () => {
    const { backend, organizationId } = await open()
    const { destination } = await create(backend, { organizationId, ...given })
    const input = { id: destination!.id, expectedVersion: 1 }
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((label) => backend.send(DestinationUpdateDocument, { input: { ...input, label } })),
    )
    const codes = answers.map(({ destinationUpdate }) => destinationUpdate.userErrors[0]?.code ?? 'DONE')
    expect(codes.toSorted()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'DONE'])
  })
})

describe('switched off', () => {
  test('a destination gets SKIPPED deliveries and no request; on again it gets the next event', async () => {
    await using receiver = await startReceiver()
    const { backend, organizationId } = await open()
    const { id } = await backend.destination({ organizationId, url: receiver.url })
    const { destinationDisable } = await backend.send(DestinationDisableDocument, { input: { id } })
    expect(destinationDisable.destination).toMatchObject({ active: false, health: 'HEALTHY', disabledReason: 'MANUAL' })
    expect(destinationDisable.destination!.disabledAt).not.toBeNull()
    const skipped = await backend.publish({ organizationId, type: 'order.placed', data: 1 })
    expect(skipped.deliveries).toMatchObject([
      { destinationId: id, status: 'SKIPPED', skipReason: 'INACTIVE', attemptCount: 0, nextAttemptAt: null },
    ])
    expect(skipped.deliveries[0]!.finishedAt).not.toBeNull()
    const { destinationEnable } = await backend.send(DestinationEnableDocument, { input: { id } })
    expect(destinationEnable.destination).toMatchObject({ active: true, disabledReason: null, disabledAt: null })
    const sent = await backend.publish({ organizationId, type: 'order.placed', data: 2 })
    await backend.finished(sent.deliveries[0]!.id)
    expect(receiver.requests.map((request) => JSON.parse(request.body).data)).toEqual([2])
  })

  test.each(['active: false', 'destinationDisable'])('by %s and on again it keeps its secret', async (how) => {
    const { backend, organizationId } = await open()
    const { id, secret } = await backend.destination({ organizationId, url: config.url })
    expect(await reveal(backend, id)).toBe(secret)
    const update = (active: boolean) => backend.send(DestinationUpdateDocument, { input: { id, active } })
    if (how === 'active: false') await update(false)
    else await backend.send(DestinationDisableDocument, { input: { id } })
    expect(await read(backend, id)).toMatchObject({ active: false, disabledReason: 'MANUAL' })
    expect(await reveal(backend, id)).toBe(secret)
    if (how === 'active: false') await update(true)
    else await backend.send(DestinationEnableDocument, { input: { id } })
    expect(await read(backend, id)).toMatchObject({ active: true, signingSecrets: [{ hint: `…${secret.slice(-4)}` }] })
    expect(await reveal(backend, id)).toBe(secret)
  })
})

test('deleted, a destination is gone, and its deliveries keep its id', async () => {
  await using receiver = await startReceiver()
  const { backend, organizationId } = await open()
  const { id } = await backend.destination({ organizationId, url: receiver.url, key: 'main' })
  const { deliveries } = await backend.publish({ organizationId, type: 'order.placed', data: {} })
  await backend.finished(deliveries[0]!.id)
  const { destinationDelete } = await backend.send(DestinationDeleteDocument, { input: { id } })
  expect(destinationDelete).toEqual({ deletedId: id, userErrors: [] })
  expect(await read(backend, id)).toBeNull()
  expect(await backend.send(DestinationsDocument, {})).toMatchObject({ destinations: { nodes: [], totalCount: 0 } })
  const { delivery } = await backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  expect(delivery).toMatchObject({
    destinationId: id,
    destination: null,
    status: 'SUCCEEDED',
    attempts: { nodes: [{}] },
  })
  const kept = await backend.send(DeliveriesDocument, { filter: { destinationIds: [id] } })
  expect(kept.deliveries.nodes).toHaveLength(1)
  expect(
    await postrider.database.query(
      'select 1 from signing_secret s left join destination d on d.id = destination_id where d.id is null',
    ),
  ).toEqual([])
  const later = await backend.publish({ organizationId, type: 'order.placed', data: {} })
  expect(later.deliveries).toEqual([])
  const again = await create(backend, { organizationId, key: 'main', label: 'x', config })
  expect(again.userErrors).toEqual([])
})

describe('the signing secret', () => {
  test('may be the caller’s own, and then signs as it is', async () => {
    await using receiver = await startReceiver()
    const { backend, organizationId } = await open()
    const { secret } = await backend.destination({ organizationId, url: receiver.url, signingSecret: OWN_SECRET })
    expect(secret).toBe(OWN_SECRET)
    await backend.publish({ organizationId, type: 'order.placed', data: {} })
    const { headers, body } = await receiver.request(1)
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    const expected = createHmac('sha256', OWN_SECRET).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${expected}`)
  })

  test('may be none: then nothing is signed, and there is nothing to reveal', async () => {
    await using receiver = await startReceiver()
    const { backend, organizationId } = await open()
    const target = { label: 'Open', config: { url: receiver.url } }
    const { destination, signingSecret } = await create(backend, { organizationId, ...target, signingSecret: null })
    expect({ signingSecret, signingSecrets: destination!.signingSecrets }).toEqual({
      signingSecret: null,
      signingSecrets: [],
    })
    await backend.publish({ organizationId, type: 'order.placed', data: {} })
    expect((await receiver.request(1)).headers).not.toHaveProperty('webhook-signature')
    const input = { id: destination!.id }
    const { destinationSecretReveal } = await backend.send(DestinationSecretRevealDocument, { input })
    expect(destinationSecretReveal).toMatchObject({
      signingSecret: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'], message: 'this destination is not signed' }],
    })
  })

  test('is not for the operator to read', async () => {
    const { backend, organizationId } = await open()
    const { id } = await backend.destination({ organizationId, url: config.url })
    const query = `mutation { destinationSecretReveal(input: { id: "${id}" }) { signingSecret } }`
    const answer = await sendRaw({ ...postrider.operator, applicationId: backend.applicationId }, query)
    expect(answer).toMatchObject({ codes: ['FORBIDDEN'] })
  })

  test('stands encrypted in the table, and no two alike', async () => {
    const { backend, organizationId } = await open()
    for (const label of ['First sealed', 'Second sealed']) {
      await create(backend, { organizationId, label, config, signingSecret: OWN_SECRET })
    }
    const rows = await postrider.database.query<{ secret: string }>(
      `select s.* from signing_secret s join destination d on d.id = s.destination_id where d.label like '%sealed'`,
    )
    expect(rows).toHaveLength(2)
    expect(new Set(rows.map((row) => row.secret)).size).toBe(2)
    for (const row of rows) {
      expect(row.secret).toMatch(/^v1\.k1\./)
      expect(JSON.stringify(row)).not.toContain(OWN_SECRET)
      expect(JSON.stringify(row)).not.toContain(Buffer.from(OWN_SECRET).toString('base64url').slice(0, -2))
    }
  })
})

describe('destinations are found by', () => {
  let backend: Backend
  let organizationId: string
  beforeAll(async () => {
    ;({ backend, organizationId } = await open())
    const url = 'https://hooks.test.example/'
    const eventTypes = ['order.placed']
    await create(backend, { organizationId, label: 'All', key: 'key-of-all', config: { url } })
    await create(backend, { organizationId, label: 'Chosen', eventTypes, config: { url: 'https://chosen.example/' } })
    const failing = await create(backend, { organizationId, label: 'Failing', eventTypes, config: { url } })
    await create(backend, {
      organizationId,
      label: 'Off',
      eventTypes: ['order.*', 'invoice.*'],
      config: { url },
      active: false,
    })
    const id = idToUuid(failing.destination!.id as Id<'dst'>)
    await postrider.database.query("update destination_health set health = 'FAILING' where destination_id = $1", [id])
  })

  test.each<[what: string, filter: DestinationFilter, labels: readonly string[]]>([
    ['no filter', {}, ['Off', 'Failing', 'Chosen', 'All']],
    ['the connector', { connectors: ['webhook'] }, ['Off', 'Failing', 'Chosen', 'All']],
    ['a connector that none has', { connectors: ['pigeon'] }, []],
    ['no connector', { connectors: [] }, []],
    ['those that are on', { active: true }, ['Failing', 'Chosen', 'All']],
    ['those that are off', { active: false }, ['Off']],
    ['the healthy', { health: ['HEALTHY'] }, ['Off', 'Chosen', 'All']],
    ['the failing and the disabled', { health: ['FAILING', 'DISABLED'] }, ['Failing']],
    ['no health', { health: [] }, []],
    ['a type, by its name and by all', { eventType: 'order.placed' }, ['Off', 'Failing', 'Chosen', 'All']],
    ['a type, by its prefix and by all', { eventType: 'invoice.paid.late' }, ['Off', 'All']],
    ['a type that only all get', { eventType: 'invoice' }, ['All']],
    ['a part of the label, in any case', { search: 'CHOS' }, ['Chosen']],
    ['a part of the key', { search: 'key-of' }, ['All']],
    ['a part of the target', { search: 'chosen.example' }, ['Chosen']],
    ['a percent sign, which is no wildcard', { search: '%' }, []],
    ['an underscore, which is none either', { search: 'Cho_en' }, []],
    ['two conditions, which both must hold', { active: false, search: 'o' }, ['Off']],
  ])('%s', async (_, filter, labels) => {
    const { destinations } = await backend.send(DestinationsDocument, { organizationId, filter, first: 1 })
    expect(destinations.totalCount).toBe(labels.length)
    const all = await backend.send(DestinationsDocument, { filter })
    expect(all.destinations.nodes.map((node) => node.label)).toEqual(labels)
  })
})

test('an organization lists its own destinations', async () => {
  const { backend, organizationId } = await open()
  const other = await backend.organization('globex')
  const { id } = await backend.destination({ organizationId, url: config.url })
  await backend.destination({ organizationId: other, url: config.url })
  const { organization } = await backend.send(OrganizationDocument, { id: organizationId })
  expect(organization!.destinations.nodes).toEqual([{ id }])
})

async function open() {
  const backend = await postrider.application()
  await backend.eventType('order.placed')
  return { backend, organizationId: await backend.organization('acme') }
}

async function create({ send }: Backend, input: DestinationCreateInput) {
  return (await send(DestinationCreateDocument, { input })).destinationCreate
}

async function read({ send }: Backend, id: string) {
  return (await send(DestinationDocument, { id })).destination
}

async function reveal({ send }: Backend, id: string) {
  return (await send(DestinationSecretRevealDocument, { input: { id } })).destinationSecretReveal.signingSecret
}
