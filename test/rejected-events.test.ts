import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import * as documents from '../src/client/generated/documents.ts'
import { request } from '../src/client/request.ts'
import { idToUuid, parseId } from '../src/domain/id.ts'
import { noticeTypes } from '../src/domain/notice.ts'
import { compilePayloadSchema } from '../src/evaluate/payload-schema.ts'
import { runCli } from './support/cli.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { runGuide } from './support/run-guide.ts'

// postrider.publish() cannot check data against the schema of its type. The worker does, with the validator of eventPublish.

const schema = {
  type: 'object',
  properties: { total: { type: 'number', minimum: 0 }, lines: { type: 'array', items: { type: 'string' } } },
  required: ['total'],
  additionalProperties: false,
}
const BROKEN = '{"total":"1","lines":["x",7],"more":1}'
const FITTING = '{"total":1}'

let database: TestDatabase
let postrider: TestPostrider
beforeAll(async () => {
  database = await createTestDatabase()
  postrider = await startTestPostrider({}, { database })
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe('an event published by SQL that breaks the schema of its type', () => {
  test('is stored as REJECTED with the problems that the mutation answers, and makes no deliveries', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    const event = await shop.checked(id)
    const { eventPublish } = await shop.backend.send(documents.EventPublishDocument, {
      input: { organizationExternalId: 'acme', type: 'order.placed', data: JSON.parse(BROKEN) },
    })
    const expected = eventPublish.userErrors.map((one) => ({ ...one, path: one.path!.slice(1) }))
    expect(expected.map((one) => ('jsonPointer' in one ? one.jsonPointer : undefined))).toEqual([
      '',
      '/total',
      '/lines/1',
    ])
    expect(event).toMatchObject({ status: 'REJECTED', data: JSON.parse(BROKEN), deliveries: { nodes: [] } })
    expect(event.problems).toEqual(expected)
    await shop.arrives(await shop.publish(FITTING))
    expect(shop.heard()).not.toContain(id)
  })

  test('is told to the operations organization, once', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN, { key: 'order-1' })
    await shop.admin.request(1)
    const { problems } = await shop.checked(id)
    const [notice] = shop.told()
    expect(notice).toMatchObject({ type: 'event.rejected' })
    const told = problems.map(({ __typename, ...problem }) => problem)
    expect(notice!.data).toEqual({
      event: {
        id,
        type: 'order.placed',
        organizationId: shop.organizationId,
        organizationExternalId: 'acme',
        idempotencyKey: 'order-1',
      },
      problems: told,
    })
    const { payloadSchema, samplePayload } = noticeTypes['event.rejected']
    expect([notice!.data, samplePayload].flatMap(compilePayloadSchema(payloadSchema))).toEqual([])
    await shop.publish(BROKEN)
    await shop.admin.request(2)
    expect(new Set(shop.told().map((one) => one.data.event.id)).size).toBe(2)
  })

  test('does not hold up those behind it, whatever is wrong with it', async () => {
    await using shop = await openShop({ ordering: 'FIFO' })
    await shop.backend.eventType('endless', { payloadSchema: { allOf: [{ $ref: '#' }] } })
    await shop.begin()
    const first = await shop.publish(FITTING)
    const broken = await shop.publish(BROKEN)
    const endless = await shop.publish('{}', { type: 'endless' })
    const unread = await shop.publish(FITTING)
    const grown = await shop.publish(`[${'1e20,'.repeat(50_000)}1]`, { type: 'plain' })
    const last = await shop.publish('{"a":"\\u0000 \\ud800"}', { type: 'plain' })
    // No JSON of Postgres is known that JSON.parse does not read.
    await shop.client.query(`update event set data = 'nonsense' where id = $1`, [uuidOf(unread)])
    await shop.commit()
    await shop.arrives(last)
    expect(shop.heard()).toEqual([first, last])
    expect(shop.receiver.requests.at(-1)!.body).toContain('{"a":"\\u0000 \\ud800"}')
    expect((await shop.checked(broken)).status).toBe('REJECTED')
    expect((await shop.checked(endless)).problems).toMatchObject([{ code: 'PAYLOAD_INVALID', path: ['data'] }])
    expect((await shop.checked(grown)).problems).toMatchObject([{ code: 'LIMIT_EXCEEDED', path: ['data'] }])
    expect(await shop.statusOf(unread)).toEqual({ status: 'REJECTED', problems: [notJson] })
    await shop.admin.request(4)
  })

  test('keeps its problems short, however long the names of its properties are', async () => {
    await using shop = await openShop()
    const long = await shop.checked(await shop.publish(`{"total":1,"${'x'.repeat(200_000)}":1}`))
    expect(long.problems).toMatchObject([{ code: 'PAYLOAD_INVALID', jsonPointer: '' }])
    expect(long.problems[0]!.message).toHaveLength(1_001)
    const many = Array.from({ length: 20 }, (_, n) => `"${n}${'x'.repeat(5_000)}":1`)
    const { problems } = await shop.checked(await shop.publish(`{"total":1,${many.join()}}`))
    expect(problems).toHaveLength(3)
  })

  test('keeps its idempotency key: the same event again answers with it, by SQL, by the mutation and on the command line', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN, { key: 'k' })
    const { problems } = await shop.checked(id)
    expect(await shop.publish(BROKEN, { key: 'k' })).toBe(id)
    await shop.backend.eventType('order.placed', { payloadSchema: {}, allowBreakingSchema: true })
    const { eventPublish } = await shop.backend.send(documents.EventPublishDocument, {
      input: { organizationExternalId: 'acme', type: 'order.placed', data: JSON.parse(BROKEN), idempotencyKey: 'k' },
    })
    expect(eventPublish).toMatchObject({ duplicate: true, event: { id, status: 'REJECTED', problems } })
    const args = [
      '--organization',
      'acme',
      '--type',
      'order.placed',
      '--data',
      BROKEN,
      '--idempotency-key',
      'k',
      '--wait',
    ]
    const shown = await runCli(['events', 'publish', ...args], { endpoint: shop.backend.endpoint })
    expect(shown.exitCode).toBe(5)
    expect(shown.stdout).toContain("Rejected: data: breaks the event type's schema at /total: must be number")
  })

  test('is found by its status, among those of all and those of an organization', async () => {
    await using shop = await openShop()
    const [fitting, broken] = [await shop.publish(FITTING), await shop.publish(BROKEN)]
    await shop.checked(broken)
    const list = async (filter: documents.EventFilter) =>
      (await shop.backend.send(documents.EventsDocument, { filter })).events.nodes.map((event) => event.id)
    const { organizationId } = shop
    expect(await list({ status: 'REJECTED' })).toEqual([broken])
    expect(await list({ organizationId, status: 'REJECTED' })).toEqual([broken])
    expect(await list({ organizationId, status: 'ACCEPTED' })).toEqual([fitting])
    expect(await list({ organizationId: await shop.backend.organization('other'), status: 'REJECTED' })).toEqual([])
  })

  test('is shown to the portal session of its organization with its problems', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    const { problems } = await shop.checked(id)
    const { portalSessionCreate } = await shop.backend.send(documents.PortalSessionCreateDocument, {
      input: { organizationId: shop.organizationId },
    })
    const session = { url: postrider.url, key: portalSessionCreate.token! }
    const { event } = await request(session, documents.EventDocument, { id })
    expect(event).toMatchObject({ status: 'REJECTED', problems })
  })

  test('goes with its organization, and so does what was told of it, also while the organization is being deleted', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    await shop.checked(id)
    // As a worker does that takes over an event of the organization after its notices were erased.
    await database.query(`create function late_notice() returns trigger language plpgsql as $$ begin
      insert into event (id, application_id, organization_id, type, data, data_bytes, is_test)
      select uuidv7(), old.application_id, o.id, 'event.rejected', '"${shop.organizationId}"', 1, false
      from organization o where o.application_id = old.application_id and o.is_operations;
      return null;
    end $$`)
    await database.query(`create trigger late after delete on event for each row
      when (old.type = 'order.placed') execute function late_notice()`)
    await shop.backend.send(documents.OrganizationDeleteDocument, { input: { id: shop.organizationId } })
    await database.query('drop function late_notice() cascade')
    const rows = await database.query(
      'select count(*)::int as count from event where id = $1 or (application_id = $2 and position($3 in data) > 0)',
      [uuidOf(id), uuidOf(shop.backend.applicationId), shop.organizationId],
    )
    expect(rows).toEqual([{ count: 0 }])
  })
})

describe('deliverAt', () => {
  test('too far ahead rejects the event', async () => {
    await using shop = await openShop()
    const event = await shop.checked(await shop.publish(FITTING, { ahead: '31 days' }))
    expect(event).toMatchObject({ status: 'REJECTED', deliveries: { nodes: [] } })
    expect(event.problems).toEqual([
      { __typename: 'GenericUserError', code: 'INVALID', message: 'is more than 30 days ahead', path: ['deliverAt'] },
    ])
  })

  test('is honoured when the event is accepted later', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN, { ahead: '1 hour' })
    await shop.checked(id)
    await shop.mend()
    const { eventReplay } = await shop.replay(id)
    const inMs = Date.parse(eventReplay.deliveries[0]!.nextAttemptAt!) - Date.now()
    expect(Math.round(inMs / 60_000)).toBe(60)
  })
})

describe('the worker', () => {
  test('checks by the schema as it is when it takes the event over, also of a type that was archived meanwhile', async () => {
    await using alone = await createTestDatabase()
    await using api = await startTestPostrider({}, { database: alone, role: 'api' })
    await using shop = await openShop({ server: api })
    await shop.backend.eventType('gone', { payloadSchema: schema })
    const ids = [
      await shop.publish('{}'),
      await shop.publish('{}', { type: 'gone' }),
      await shop.publish(FITTING, { type: 'gone' }),
    ]
    await shop.backend.eventType('order.placed', { payloadSchema: { type: 'object' }, allowBreakingSchema: true })
    await shop.backend.send(documents.EventTypeArchiveDocument, { input: { name: 'gone' } })
    await using _worker = await startTestPostrider({}, { database: alone, role: 'worker' })
    await shop.arrives(ids[2]!)
    expect(shop.heard().toSorted()).toEqual([ids[0], ids[2]].toSorted())
    expect((await shop.checked(ids[1]!)).status).toBe('REJECTED')
  })

  test('beside another takes each event over once', async () => {
    await using alone = await createTestDatabase()
    await using api = await startTestPostrider({}, { database: alone, role: 'api' })
    await using shop = await openShop({ server: api })
    const fitting: string[] = []
    const broken: string[] = []
    for (let n = 0; n < 250; n += 1) {
      fitting.push(await shop.publish(FITTING))
      broken.push(await shop.publish(BROKEN))
    }
    await using _one = await startTestPostrider({}, { database: alone, role: 'worker' })
    await using _two = await startTestPostrider({}, { database: alone, role: 'worker' })
    await shop.receiver.request(250)
    await shop.admin.request(250)
    expect(shop.heard().toSorted()).toEqual(fitting.toSorted())
    const told = shop.told().map((one) => one.data.event.id)
    expect(told.toSorted()).toEqual(broken.toSorted())
    expect(await alone.query('select count(*)::int as left from outbox')).toEqual([{ left: 0 }])
  })

  test('killed after it has rejected an event and before it committed leaves the event to the next try', async () => {
    await using shop = await openShop()
    const blocker = await connect()
    await blocker.query('begin; lock table delivery in exclusive mode')
    await shop.begin()
    const [fitting, broken] = [await shop.publish(FITTING), await shop.publish(BROKEN)]
    await shop.commit()
    const [pid] = await blocked(1)
    // It waits to insert the delivery of event.rejected.
    expect(await shop.statusOf(broken)).toEqual({ status: 'ACCEPTED', problems: null })
    await database.query('select pg_terminate_backend($1)', [pid])
    await blocker.query('rollback')
    await blocker.end()
    await shop.arrives(fitting)
    expect((await shop.checked(broken)).status).toBe('REJECTED')
    await shop.admin.request(1)
    expect(shop.heard()).toEqual([fitting])
    expect(shop.told().map((one) => one.data.event.id)).toEqual([broken])
    expect(await countOf('event.rejected', shop.backend)).toBe(1)
  })
})

describe('eventReplay of a rejected event', () => {
  test('accepts it once the schema is mended, and makes its first deliveries', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    await shop.checked(id)
    const off = await shop.backend.destination({
      organizationId: shop.organizationId,
      url: shop.receiver.url,
      active: false,
    })
    await shop.mend()
    const { eventReplay } = await shop.replay(id)
    expect(eventReplay).toMatchObject({ userErrors: [] })
    const made = eventReplay.deliveries.map(({ destinationId, trigger, skipReason }) => [
      destinationId,
      trigger,
      skipReason,
    ])
    expect(made).toEqual([
      [shop.id, 'EVENT', null],
      [off.id, 'EVENT', 'INACTIVE'],
    ])
    await shop.arrives(id)
    expect(shop.receiver.requests[0]!.body).toContain(BROKEN)
    const event = await shop.event(id)
    expect(event).toMatchObject({ status: 'ACCEPTED', problems: [] })
    expect(event.deliveries.nodes).toHaveLength(2)
    // From now on it is an event like any other.
    const again = await shop.replay(id)
    expect(again.eventReplay.deliveries).toMatchObject([{ trigger: 'REPLAY' }, { trigger: 'REPLAY' }])
  })

  test('goes as the guide says', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    await shop.checked(id)
    await shop.mend()
    const page = await readFile('docs/guides/publish-from-your-transaction.md', 'utf8')
    const answers = await runGuide(page, { endpoint: shop.backend.endpoint, receiverUrl: shop.receiver.url })
    expect(answers).toMatchObject([{ events: { nodes: [{ id }] } }, { eventReplay: { deliveries: [{}] } }])
    await shop.arrives(id)
  })

  test('makes those deliveries only that are asked for', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    await shop.checked(id)
    const { id: other } = await shop.backend.destination({
      organizationId: shop.organizationId,
      url: shop.receiver.url,
      eventTypes: ['plain'],
    })
    await shop.mend()
    const refused = await shop.replay(id, [other, await shop.foreignDestination()])
    expect(refused.eventReplay.userErrors).toMatchObject([{ path: ['input', 'destinationIds', '1'] }])
    expect((await shop.event(id)).status).toBe('REJECTED')
    const { eventReplay } = await shop.replay(id, [other])
    expect(eventReplay.deliveries.map((one) => one.destinationId)).toEqual([other])
    const event = await shop.event(id)
    expect(event.status).toBe('ACCEPTED')
    expect(event.deliveries.nodes).toHaveLength(1)
  })

  test('refuses it while it breaks the schema, with the problems of now, which the event has too', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    expect((await shop.checked(id)).problems).toHaveLength(3)
    await shop.backend.eventType('order.placed', {
      payloadSchema: { type: 'object', properties: { total: { type: 'number' } } },
      allowBreakingSchema: true,
    })
    const { eventReplay } = await shop.replay(id)
    expect(eventReplay).toMatchObject({
      deliveries: [],
      userErrors: [{ code: 'PAYLOAD_INVALID', path: ['input', 'id', 'data'], jsonPointer: '/total' }],
    })
    const event = await shop.event(id)
    expect(event).toMatchObject({ status: 'REJECTED', deliveries: { nodes: [] } })
    expect(event.problems).toMatchObject([{ code: 'PAYLOAD_INVALID', path: ['data'], jsonPointer: '/total' }])
    expect(event.problems).toHaveLength(1)
    expect(await countOf('event.rejected', shop.backend)).toBe(1)
  })

  test('by two at once makes its deliveries once', async () => {
    await using shop = await openShop()
    const id = await shop.publish(BROKEN)
    await shop.checked(id)
    await shop.mend()
    const holder = await connect()
    await holder.query('begin')
    await holder.query('select from event where id = $1 for update', [uuidOf(id)])
    const replays = [shop.replay(id), shop.replay(id)]
    await blocked(2)
    await holder.query('commit')
    await holder.end()
    const answers = (await Promise.all(replays)).map(({ eventReplay }) => eventReplay)
    expect(answers.flatMap((one) => one.userErrors)).toMatchObject([{ code: 'CONFLICT', path: ['input', 'id'] }])
    expect(answers.flatMap((one) => one.deliveries)).toHaveLength(1)
    expect((await shop.event(id)).deliveries.nodes).toHaveLength(1)
  })

  test('waits for the worker to have checked it', async () => {
    await using alone = await createTestDatabase()
    await using api = await startTestPostrider({}, { database: alone, role: 'api' })
    await using shop = await openShop({ server: api })
    const id = await shop.publish(BROKEN)
    const { eventReplay } = await shop.replay(id)
    expect(eventReplay).toMatchObject({
      deliveries: [],
      userErrors: [{ code: 'NOT_RETRYABLE', path: ['input', 'id'] }],
    })
    expect((await shop.event(id)).deliveries.nodes).toEqual([])
  })
})

const notJson = { code: 'INVALID', message: 'is not JSON', path: ['data'] }

interface ShopOptions {
  readonly server?: TestPostrider
  readonly ordering?: documents.DestinationOrdering
}

/** A product that publishes by SQL: a destination of its customer `acme`, and one of its own people. */
async function openShop({ server = postrider, ordering = 'ANY' }: ShopOptions = {}) {
  const receiver = await startReceiver()
  const admin = await startReceiver()
  const backend = await server.application()
  await backend.eventType('order.placed', { payloadSchema: schema })
  await backend.eventType('plain')
  const organizationId = await backend.organization()
  const { id } = await backend.destination({ organizationId, url: receiver.url, ordering })
  const { applications } = await backend.send(documents.ApplicationsDocument, {})
  const operationsId = applications[0]!.operationsOrganization.id
  await backend.destination({ organizationId: operationsId, url: admin.url, eventTypes: ['event.rejected'] })
  const client = await connect(server.database)
  const event = async (eventId: string) => (await backend.send(documents.EventDocument, { id: eventId })).event!
  return {
    backend,
    organizationId,
    id,
    receiver,
    admin,
    client,
    event,
    begin: () => client.query('begin'),
    commit: () => client.query('commit'),
    async publish(
      data: string,
      { type = 'order.placed', key, ahead }: { type?: string; key?: string; ahead?: string } = {},
    ) {
      const { rows } = await client.query(
        `select postrider.publish($1, 'acme', $2, $3, $4, now() + $5::interval) as id`,
        [backend.applicationId, type, data, key ?? null, ahead ?? null],
      )
      return rows[0].id as string
    },
    /** The event, once a worker has taken it over. */
    async checked(eventId: string) {
      await vi.waitUntil(async () => {
        const { rows } = await client.query('select from outbox where event_id = $1', [uuidOf(eventId)])
        return rows.length === 0
      })
      return event(eventId)
    },
    async statusOf(eventId: string) {
      const { rows } = await client.query('select status, problems from event where id = $1', [uuidOf(eventId)])
      return rows[0]
    },
    /** Lets the schema take what it did not. */
    mend: () => backend.eventType('order.placed', { payloadSchema: { type: 'object' }, allowBreakingSchema: true }),
    replay: (eventId: string, destinationIds?: string[]) =>
      backend.send(documents.EventReplayDocument, { input: { id: eventId, destinationIds: destinationIds ?? null } }),
    async foreignDestination() {
      const other = await backend.organization('other')
      return (await backend.destination({ organizationId: other, url: receiver.url })).id
    },
    arrives: (eventId: string) => vi.waitUntil(() => idsOf(receiver).includes(eventId), 10_000),
    /** Ids of the events that the customer got, in their order. */
    heard: () => idsOf(receiver),
    told: () => admin.requests.map(({ body }) => JSON.parse(body) as Told),
    async [Symbol.asyncDispose]() {
      await client.end()
      await receiver[Symbol.asyncDispose]()
      await admin[Symbol.asyncDispose]()
    },
  }
}

interface Told {
  readonly type: string
  readonly data: { readonly event: { readonly id: string } }
}

function idsOf(receiver: Receiver): string[] {
  return receiver.requests.map(({ headers }) => String(headers['webhook-id']))
}

async function countOf(type: string, backend: Backend): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    'select count(*)::int as count from event where type = $1 and application_id = $2',
    [type, uuidOf(backend.applicationId)],
  )
  return row!.count
}

/** Process ids of connections that wait for a lock of another, at least this many. */
async function blocked(count: number): Promise<number[]> {
  return vi.waitUntil(async () => {
    const rows = await database.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
    )
    return rows.length >= count && rows.map((row) => row.pid)
  })
}

function uuidOf(id: string): string {
  return idToUuid(parseId(id.slice(0, 3) as 'evt', id)!)
}

async function connect(on = database): Promise<pg.Client> {
  const client = new pg.Client(on.url)
  await client.connect()
  return client
}
