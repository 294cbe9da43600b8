import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import * as documents from '../src/client/generated/documents.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { sendRaw } from './support/raw-request.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'

// A product whose tables lie beside Postrider's publishes in its own transaction, as a role of its own.

const ROLE = `shop_${randomBytes(4).toString('hex')}`
let database: TestDatabase
let postrider: TestPostrider
let receiver: Receiver
let backend: Backend
let shop: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  receiver = await startReceiver()
  postrider = await startTestPostrider({}, { database })
  backend = await postrider.application()
  await database.query(`create role ${ROLE}`)
  await database.query('select postrider.grant_publish($1, $2)', [backend.applicationId, ROLE])
  shop = await connect(ROLE)
  await shop.query('create temp table orders (id int primary key)')
  await backend.hook(receiver.url)
})
afterAll(async () => {
  await shop.end()
  await postrider[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  await database.query(`drop owned by ${ROLE}`)
  await database.query(`drop role ${ROLE}`)
  await database[Symbol.asyncDispose]()
})

describe('an event', () => {
  test('is on its way once it is committed, and not before, as the mutation would have sent it', async () => {
    const before = receiver.requests.length
    await shop.query('begin')
    await shop.query('insert into orders values (1)')
    const id = await publish({ data: '{ "b": 1.0,\n "a": "\\u00e9 b", "n": 1 , "b" : 1e2 }' })
    const meanwhile = await backend.publish({ organizationExternalId: 'acme', type: 'a', data: {} })
    expect((await receiver.request(before + 1)).headers['webhook-id']).toBe(meanwhile.id)
    await shop.query('commit')
    const request = await receiver.request(before + 2)
    expect(JSON.parse(request.body)).toMatchObject({ type: 'a', data: { b: 100, a: 'é b', n: 1 } })
    expect(request.body).toContain('{"b":100,"a":"é b","n":1}')
    expect(request.headers['webhook-id']).toBe(id)
    const { event } = await backend.send(documents.EventDocument, { id })
    expect(event).toMatchObject({ id, data: { b: 100 } })
    await backend.finished(event!.deliveries.nodes[0]!.id)
  })

  test('after a quiet time is rung for as it is committed, and waits for no look', async () => {
    const listener = await connect()
    const rung = new Promise<void>((resolve) => {
      listener.on('notification', ({ payload }) => payload === 'sql outbox' && resolve())
    })
    await listener.query('listen postrider')
    await vi.waitUntil(async () => {
      const [row] = await database.query<{ isAsleep: boolean }>('select until < now() as "isAsleep" from outbox_awake')
      return row!.isAsleep
    })
    const before = receiver.requests.length
    await publish({})
    await rung
    await receiver.request(before + 1)
    await listener.end()
  })

  test('of a transaction that is rolled back never was', async () => {
    const before = receiver.requests.length
    await shop.query('begin')
    const id = await publish({})
    await shop.query('rollback')
    const next = await publish({ data: '{"n":"next"}' })
    const request = await receiver.request(before + 1)
    expect(request.headers['webhook-id']).toBe(next)
    expect((await backend.send(documents.EventDocument, { id })).event).toBeNull()
  })

  test('goes to the same destinations as by the mutation, one by one where they ask for it', async () => {
    const organizationId = await backend.organization('lined-up')
    const fifo = await backend.destination({ organizationId, url: receiver.url, ordering: 'FIFO' })
    const off = await backend.destination({ organizationId, url: receiver.url, active: false })
    await backend.destination({ organizationId, url: receiver.url, eventTypes: ['other.*'] })
    const before = receiver.requests.length
    await shop.query('begin')
    const ids: string[] = []
    for (let n = 0; n < 30; n += 1) ids.push(await publish({ organization: 'lined-up', data: `{"n":${n}}` }))
    await shop.query('commit')
    await receiver.request(before + 30)
    expect(receiver.requests.slice(before).map(({ headers }) => headers['webhook-id'])).toEqual(ids)
    const { event } = await backend.send(documents.EventDocument, { id: ids[0]! })
    const made = event!.deliveries.nodes.map((delivery) => [delivery.destinationId, delivery.skipReason])
    expect(new Map(made as [string, string | null][])).toEqual(
      new Map([
        [fifo.id, null],
        [off.id, 'INACTIVE'],
      ]),
    )
  })

  test('waits for its time', async () => {
    const { rows } = await shop.query(
      `select postrider.publish($1, 'acme', 'a', '{}', deliver_at => now() + interval '1 hour') as id`,
      [backend.applicationId],
    )
    const event = await eventWithDeliveries(rows[0].id)
    const inMs = Date.parse(event.deliveries.nodes[0]!.nextAttemptAt!) - Date.now()
    expect(Math.round(inMs / 60_000)).toBe(60)
  })

  test('of many transactions at once arrives, each once', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(ROLE)))
    const before = receiver.requests.length
    const ids = await Promise.all(
      clients.map(async (client) => {
        const own: string[] = []
        for (let n = 0; n < 50; n += 1) own.push(await publish({ client }))
        await client.end()
        return own
      }),
    )
    await receiver.request(before + 200)
    const heard = receiver.requests.slice(before).map(({ headers }) => String(headers['webhook-id']))
    expect(heard.toSorted()).toEqual(ids.flat().toSorted())
  })

  test('whose worker is away is delivered when one comes, and by nobody twice', async () => {
    await using alone = await createTestDatabase()
    await using api = await startTestPostrider({}, { database: alone, role: 'api' })
    const own = await api.application()
    await own.hook(receiver.url)
    const before = receiver.requests.length
    const client = await connect(undefined, alone)
    const ids: string[] = []
    for (let n = 0; n < 20; n += 1) ids.push(await publish({ client, application: own.applicationId }))
    await client.end()
    await using _one = await startTestPostrider({}, { database: alone, role: 'worker' })
    await using _two = await startTestPostrider({}, { database: alone, role: 'worker' })
    await receiver.request(before + 20)
    const heard = receiver.requests.slice(before).map(({ headers }) => String(headers['webhook-id']))
    expect(heard.toSorted()).toEqual(ids.toSorted())
    expect(await alone.query('select count(*)::int as left from outbox')).toEqual([{ left: 0 }])
  })
})

describe('an idempotency key', () => {
  test('stands for one event, whether it came by SQL or by the mutation', async () => {
    const first = await publish({ key: 'k-1' })
    expect(await publish({ key: 'k-1', data: ' { } ' })).toBe(first)
    const input = { organizationExternalId: 'acme', type: 'a', data: {}, idempotencyKey: 'k-1' }
    const again = await backend.send(documents.EventPublishDocument, { input })
    expect(again.eventPublish).toMatchObject({ duplicate: true, event: { id: first } })
    const byApi = await backend.send(documents.EventPublishDocument, { input: { ...input, idempotencyKey: 'k-2' } })
    expect(await publish({ key: 'k-2' })).toBe(byApi.eventPublish.event!.id)
  })

  test('of two transactions at once makes one event', async () => {
    const other = await connect(ROLE)
    await shop.query('begin')
    const first = await publish({ key: 'k-3' })
    const waiting = publish({ key: 'k-3', client: other })
    await shop.query('commit')
    expect(await waiting).toBe(first)
    await other.end()
  })
})

describe('what the mutation refuses is refused with its words, and nothing is stored', () => {
  beforeAll(async () => {
    await backend.eventType('gone')
    await backend.send(documents.EventTypeArchiveDocument, { input: { name: 'gone' } })
  })

  test.each([
    ['an unknown organization', { organization: 'nobody' }, 'organizationExternalId', 'NOT_FOUND'],
    ['an unknown type', { type: 'nothing' }, 'type', 'EVENT_TYPE_UNKNOWN'],
    ['an archived type', { type: 'gone' }, 'type', 'EVENT_TYPE_UNKNOWN'],
    ['a type of our own', { type: 'destination.failing' }, 'type', 'EVENT_TYPE_UNKNOWN'],
    ['too much data', { data: JSON.stringify('x'.repeat(262_143)) }, 'data', 'LIMIT_EXCEEDED'],
    ['an empty idempotency key', { key: '' }, 'idempotencyKey', 'INVALID'],
    ['a long idempotency key', { key: 'x'.repeat(256) }, 'idempotencyKey', 'INVALID'],
  ])('%s', async (_, fields, field, code) => {
    const before = await stored()
    const { organization = 'acme', type = 'a', data = '{}', key } = fields as Partial<Record<keyof Publish, string>>
    const byApi = await backend.send(documents.EventPublishDocument, {
      input: { organizationExternalId: organization, type, data: JSON.parse(data), idempotencyKey: key },
    })
    const refused = await refusal(fields)
    const words = byApi.eventPublish.userErrors.map(({ message }) => message)
    expect(words.length).toBeGreaterThan(0)
    const problems = refused.problems.map((problem) =>
      problem.message.replace('there is no organization "', 'there is no organization with the external id "'),
    )
    expect(problems.toSorted()).toEqual(words.toSorted())
    expect(new Set(refused.problems.map((problem) => problem.code))).toEqual(new Set([code]))
    expect(byApi.eventPublish.userErrors[0]!.path).toEqual(['input', field])
    expect(await stored()).toEqual(before)
  })

  test.each([
    ['no organization', { organization: null }, 'PR001'],
    ['no data', { data: null }, 'PR001'],
    ['null as data', { data: 'null' }, 'PR001'],
    ['a time that is none', { ahead: '9000 years' }, 'PR002'],
    ['data 501 levels deep', { data: `${'['.repeat(501)}${']'.repeat(501)}` }, 'PR002'],
    ['an organization that is unknown', { organization: 'nobody' }, 'PR004'],
    ['a type that is unknown', { type: 'nothing' }, 'PR005'],
  ])('%s has a code of its own', async (_, fields, code) => {
    expect((await refusal(fields)).code).toBe(code)
  })

  test('data as deep as it may be is taken', async () => {
    expect(await publish({ data: `${'['.repeat(500)}"]["${']'.repeat(500)}` })).toMatch(/^evt_/)
  })

  test('data that has to be an object, where the profile spreads its keys', async () => {
    const spreading = await postrider.application({
      envelope: [{ name: 'id', source: 'ID' }, { source: 'DATA_SPREAD' }],
    })
    await spreading.hook(receiver.url)
    await database.query('select postrider.grant_publish($1, $2)', [spreading.applicationId, ROLE])
    const { code, problems } = await refusal({ application: spreading.applicationId, data: '[1]' })
    expect([code, problems[0]!.message]).toEqual(['PR002', 'is no object, and the delivery profile spreads its keys'])
  })
})

describe('rights', () => {
  test('a role publishes for the applications that it was granted, and may do nothing else', async () => {
    const other = await postrider.application()
    expect((await refusal({ application: other.applicationId })).code).toBe('42501')
    expect((await refusal({ application: 'app_x' })).code).toBe('42501')
    for (const statement of [
      'select * from event',
      'delete from outbox',
      `select postrider.grant_publish('${other.applicationId}', '${ROLE}')`,
    ]) {
      await expect(shop.query(statement)).rejects.toMatchObject({ code: '42501' })
    }
  })

  test('members of the role publish, and nobody once it is revoked', async () => {
    const granted = await postrider.application()
    await granted.hook(receiver.url)
    const [group, member] = [`${ROLE}_group`, `${ROLE}_member`]
    await database.query(`create role ${group}`)
    await database.query(`create role ${member} in role ${group}`)
    try {
      await database.query('select postrider.grant_publish($1, $2)', [granted.applicationId, group])
      const client = await connect(member)
      const application = granted.applicationId
      expect(await publish({ client, application })).toMatch(/^evt_/)
      await database.query('select postrider.revoke_publish($1, $2)', [application, group])
      expect((await refusal({ client, application })).code).toBe('42501')
      await client.end()
    } finally {
      await database.query(`drop owned by ${group}`)
      await database.query(`drop role ${member}, ${group}`)
    }
  })

  test('what the caller has under the same names is not taken for ours', async () => {
    await shop.query('create temp table event (id uuid)')
    await shop.query('create temp table organization (id uuid)')
    expect(await publish({})).toMatch(/^evt_/)
    await shop.query('drop table pg_temp.event, pg_temp.organization')
  })
})

test('ids of SQL are those of the API', async () => {
  const { event } = await backend.send(documents.EventDocument, { id: await publish({}) })
  const [row] = await database.query<{ app: string; org: string }>(
    `select postrider.uuid_of('app', $1)::text as app, postrider.id_of('org', postrider.uuid_of('org', $2)) as org`,
    [backend.applicationId, event!.organization.id],
  )
  expect(row!.org).toBe(event!.organization.id)
  const answer = await sendRaw(backend.endpoint, '{ events(first: 1) { nodes { id } } }')
  expect(answer.root).toEqual({ nodes: [{ id: event!.id }] })
})

interface Publish {
  readonly client: pg.Client
  readonly application: string
  readonly organization: string | null
  readonly type: string
  readonly data: string | null
  readonly key: string
  readonly ahead: string
}

async function publish(fields: Partial<Publish>): Promise<string> {
  const {
    client = shop,
    application = backend.applicationId,
    organization = 'acme',
    type = 'a',
    data = '{}',
    key,
    ahead,
  } = fields
  const { rows } = await client.query('select postrider.publish($1, $2, $3, $4, $5, now() + $6::interval) as id', [
    application,
    organization,
    type,
    data,
    key ?? null,
    ahead ?? null,
  ])
  return rows[0].id
}

async function refusal(fields: Partial<Publish>) {
  const error = await publish(fields).then(
    () => undefined,
    (caught: pg.DatabaseError) => caught,
  )
  expect(error).toBeDefined()
  const problems = JSON.parse(error!.detail ?? '[]') as { code: string; message: string; path: string[] }[]
  return { code: error!.code, problems }
}

async function eventWithDeliveries(id: string) {
  for (;;) {
    const { event } = await backend.send(documents.EventDocument, { id })
    if (event!.deliveries.nodes.length > 0) return event!
    await database.query('select pg_sleep(0.01)')
  }
}

async function stored() {
  return database.query('select (select count(*) from event) as events, (select count(*) from outbox) as lines')
}

async function connect(role?: string, on = database): Promise<pg.Client> {
  const client = new pg.Client(on.url)
  await client.connect()
  if (role) await client.query(`set role ${role}`)
  return client
}
