import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuditLogDocument, DestinationDocument } from '../../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { startReceiver } from '../support/receiver.ts'

// SalesOS's page, "Webhooks": "Via API" and "Managing Webhooks". Every answer is held against schema/openapi.json.

const openapi = JSON.parse(readFileSync(new URL('../../schema/openapi.json', import.meta.url), 'utf8'))
const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)
ajv.addSchema(openapi, 'openapi')

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const EVENTS = ['lead.created', 'lead.updated', 'opportunity.won']

test("the page's own calls work: create, list, update, delete", async () => {
  await using receiver = await startReceiver()
  const { call, backend } = await prepare()
  const created = await call('POST', '', { url: receiver.url, events: EVENTS, secret: 'YOUR_WEBHOOK_SECRET' })
  expect(created).toMatchObject({
    status: 201,
    body: { url: receiver.url, events: EVENTS, active: true, secret: 'YOUR_WEBHOOK_SECRET' },
  })
  const { id } = created.body
  const { secret: _, ...webhook } = created.body
  expect(await call('GET', '')).toMatchObject({ status: 200, body: { data: [webhook], hasMore: false } })
  expect(await call('GET', `/${id}`)).toMatchObject({ status: 200, body: webhook })

  const events = ['lead.created', 'lead.updated']
  expect(await call('PATCH', `/${id}`, { events, active: true })).toMatchObject({
    status: 200,
    body: { id, url: receiver.url, events, active: true },
  })
  await backend.publish({ organizationExternalId: 'acme', type: 'lead.created', data: { id: 'lead_1' } })
  expect(JSON.parse((await receiver.request(1)).body)).toMatchObject({ type: 'lead.created' })

  expect(await call('PATCH', `/${id}`, { active: false })).toMatchObject({ body: { active: false, events } })
  expect(await call('DELETE', `/${id}`)).toEqual({ status: 204, body: undefined })
  expect(await call('GET', `/${id}`)).toMatchObject({ status: 404, body: { title: 'Not Found' } })
})

test('it is the same destination as in GraphQL, and the audit log has it', async () => {
  const { call, backend } = await prepare()
  const { body } = await call('POST', '', { url: 'http://127.0.0.1:9/' })
  const { destination } = await backend.send(DestinationDocument, { id: body.id })
  expect(destination).toMatchObject({ label: '127.0.0.1:9', connector: { key: 'webhook' }, eventTypes: [] })
  expect(body.secret).toMatch(/^whsec_/)
  const { auditLog } = await backend.send(AuditLogDocument, { filter: { objectId: body.id } })
  expect(auditLog.nodes).toMatchObject([{ action: 'DESTINATION_CREATED', actorKind: 'APPLICATION' }])
})

describe('a call is refused, and the field is named', () => {
  test.each<[what: string, body: object, field: string]>([
    ['no URL', {}, 'url'],
    ['a URL inside', { url: 'http://10.0.0.1/' }, 'url'],
    ['an unknown event', { url: 'http://127.0.0.1:9/', events: ['nope'] }, 'events.0'],
    ['events that are no list', { url: 'http://127.0.0.1:9/', events: 'lead.created' }, 'events'],
    ['a secret that is too short', { url: 'http://127.0.0.1:9/', secret: 'short' }, 'secret'],
    ['an unknown field', { url: 'http://127.0.0.1:9/', evnts: [] }, 'evnts'],
  ])('%s', async (_, body, field) => {
    const { call } = await prepare()
    const refused = await call('POST', '', body)
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field }] } })
    expect((await call('GET', '')).body.data).toEqual([])
  })

  test('a body that is no JSON', async () => {
    const { call } = await prepare()
    expect((await call('POST', '', '{"url":')).status).toBe(400)
  })

  test.each(['', 'Bearer nope'])('the key "%s"', async (authorization) => {
    const { call } = await prepare()
    expect(await call('GET', '', undefined, { authorization })).toMatchObject({
      status: 401,
      body: { title: 'Unauthorized' },
    })
  })
})

test('with several customers each call names one, and sees nobody else’s', async () => {
  const { call, backend } = await prepare()
  await backend.organization('other')
  const of = (organization: string) => ({ 'postrider-organization': organization })
  expect(await call('GET', '')).toMatchObject({ status: 422, body: { errors: [{ field: 'postrider-organization' }] } })
  const { body } = await call('POST', '', { url: 'http://127.0.0.1:9/' }, of('acme'))
  expect((await call('GET', '', undefined, of('acme'))).body.data).toHaveLength(1)
  expect((await call('GET', '', undefined, of('other'))).body.data).toEqual([])
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const sent = method === 'PATCH' ? {} : undefined
    expect((await call(method, `/${body.id}`, sent, of('other'))).status).toBe(404)
  }
  expect((await call('GET', '', undefined, of('nobody'))).status).toBe(422)
  const stranger = await prepare()
  expect((await stranger.call('GET', `/${body.id}`)).status).toBe(404)
})

async function prepare() {
  const backend = await postrider.application()
  for (const name of EVENTS) await backend.eventType(name)
  await backend.organization('acme')
  return { backend, call: callerOf(backend) }
}

function callerOf({ endpoint }: Backend) {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL(`/api/webhooks-management${path}`, endpoint.url), {
      method,
      headers: {
        authorization: `Bearer ${endpoint.key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed = text ? JSON.parse(text) : undefined
    if (response.status !== 400) assertDescribed(method, path, { status: response.status, body: parsed })
    return { status: response.status, body: parsed }
  }
}

function assertDescribed(method: string, path: string, { status, body }: { status: number; body: unknown }): void {
  const route = `/api/webhooks-management${path ? '/{id}' : ''}`
  const answer = openapi.paths[route][method.toLowerCase()].responses[status]
  expect(answer, `${method} ${route} ${status}`).toBeDefined()
  if (body === undefined) return
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  const pointer = `#/paths/${route.replaceAll('/', '~1')}/${method.toLowerCase()}/responses/${status}/content/${type.replaceAll('/', '~1')}/schema`
  const validate = ajv.compile({ $ref: `openapi${encodeURI(pointer)}` })
  expect(validate(body) ? [] : validate.errors).toEqual([])
}
