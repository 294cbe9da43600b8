import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { type N8n, startN8n } from '../../test/support/n8n/n8n.ts'
import { buildN8nPackage, type N8nPackage } from '../../test/support/n8n/package.ts'
import type { Json } from '../../test/support/n8n/types.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type Receiver, startReceiver } from '../../test/support/receiver.ts'

// The action node of the community package, against the running server.

let postrider: TestPostrider
let built: N8nPackage
let receiver: Receiver
beforeAll(async () => {
  ;[postrider, built, receiver] = await Promise.all([startTestPostrider(), buildN8nPackage(), startReceiver()])
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

describe('publish', () => {
  const publish = { resource: 'event', operation: 'publish', eventType: 'a' }

  test('makes an event of each item, of the JSON that was typed or of what an expression made', async () => {
    const { backend, n8n } = await prepare()
    const perItem = [{ data: '{"total": 12}' }, { data: { total: 13 } }, { data: '[1, null]' }]
    const results = await n8n.execute(publish, { items: [{}, {}, {}], perItem })
    expect(results).toEqual(
      [0, 1, 2].map((item) => ({
        json: expect.objectContaining({ id: expect.stringMatching(/^evt_/), type: 'a', duplicate: false }),
        pairedItem: { item },
      })),
    )
    const events = results.map(({ json }) => backend.send(documents.EventDocument, { id: String(json.id) }))
    const data = (await Promise.all(events)).map(({ event }) => event!.data)
    expect(data).toEqual([{ total: 12 }, { total: 13 }, [1, null]])
  })

  test('does so once for an idempotency key, and for another organization when told', async () => {
    const { backend, n8n } = await prepare()
    const globex = await backend.organization('globex')
    const twice = { ...publish, data: {}, additionalFields: { idempotencyKey: 'k', organization: 'globex' } }
    const [first] = await n8n.execute(twice)
    const [second] = await n8n.execute({
      ...twice,
      additionalFields: { ...twice.additionalFields, organization: globex },
    })
    expect(second!.json).toMatchObject({ id: first!.json.id, duplicate: true })
    const { events } = await backend.send(documents.EventsDocument, { filter: { organizationId: globex } })
    expect(events.nodes).toHaveLength(1)
  })

  // The API takes times that are past, so these can stay as they are.
  test.each([
    ['in the time zone of the workflow', '2026-01-15T09:00:00', '2026-01-15T08:00:00.000Z'],
    ['in summer', '2026-07-15T09:00:00', '2026-07-15T07:00:00.000Z'],
    ['before the clocks go forward', '2026-03-29T01:30:00', '2026-03-29T00:30:00.000Z'],
    ['with an offset of its own', '2026-01-15T09:00:00+03:00', '2026-01-15T06:00:00.000Z'],
    ['at the start of a day', '2026-01-15', '2026-01-14T23:00:00.000Z'],
  ])('delivers not before a time, %s', async (_, deliverAt, expected) => {
    const { n8n } = await prepare({ timezone: 'Europe/Berlin' })
    const [published] = await n8n.execute({ ...publish, data: {}, additionalFields: { deliverAt } })
    expect(published!.json.deliverAt).toBe(expected)
  })

  test.each([
    ['an event type that there is not', { eventType: 'b' }, /Postrider refused this: type: /],
    ['data that is no JSON', { data: '{total: 12}' }, /Data is no JSON/],
    ['a time that is none', { additionalFields: { deliverAt: 'tomorrow' } }, /"tomorrow" is no time/],
    ['an organization that there is not', { additionalFields: { organization: 'nobody' } }, /organizationExternalId/],
    ['a resource that there is not', { resource: 'world' }, /no operation "publish" of "world"/],
  ])('tells of %s', async (_, parameters, message) => {
    const { n8n } = await prepare()
    await expect(n8n.execute({ ...publish, data: {}, ...parameters })).rejects.toMatchObject({
      name: 'NodeOperationError',
      message: expect.stringMatching(message),
      context: { itemIndex: 0 },
    })
  })

  test('goes on with the next item after one that failed, when the node is told so', async () => {
    const { n8n } = await prepare()
    const run = { items: [{}, {}], perItem: [{ eventType: 'b' }, {}] }
    const results = await n8n.execute({ ...publish, data: {} }, { ...run, continueOnFail: true })
    expect(results).toEqual([
      { json: { error: expect.stringContaining('refused') }, pairedItem: { item: 0 } },
      { json: expect.objectContaining({ type: 'a' }), pairedItem: { item: 1 } },
    ])
    await expect(n8n.execute({ ...publish, data: {} }, run)).rejects.toThrow('refused')
  })

  test('fails with what n8n makes of the answer when the key is wrong, and never shows the key', async () => {
    const { n8n } = await prepare()
    n8n.credential = { ...n8n.credential, apiKey: 'a-wrong-key' }
    const error = await n8n.execute({ ...publish, data: {} }).catch((error: Error) => error)
    expect(error).toMatchObject({
      name: 'NodeApiError',
      httpCode: '401',
      message: expect.stringContaining('Authorization failed'),
    })
    expect(JSON.stringify(error)).not.toContain('a-wrong-key')
  })

  test('says so when there is something else than Postrider at the URL', async () => {
    const { n8n } = await prepare()
    n8n.credential = { ...n8n.credential, serverUrl: new URL(receiver.url).origin }
    await expect(n8n.execute({ ...publish, data: {} })).rejects.toThrow('There is no Postrider server at')
  })
})

describe('deliveries', () => {
  const getMany = { resource: 'delivery', operation: 'getAll' }

  test('are those of the organization, newest first, up to a limit, or all pages of them', async () => {
    const { backend, n8n, organizationId } = await prepare()
    const globex = await backend.organization('globex')
    for (const id of [organizationId, globex]) await backend.destination({ organizationId: id, url: receiver.url })
    await backend.publish({ organizationId: globex, type: 'a', data: 0 })
    const events = Array.from({ length: 104 }, (_, n) => ({ organizationId, type: 'a', data: n }))
    await backend.send(documents.EventsPublishDocument, { input: { events } })
    const last = await backend.publish({ organizationId, type: 'a', data: 'last' })

    const limited = await n8n.execute({ ...getMany, returnAll: false, limit: 2 })
    expect(limited).toHaveLength(2)
    expect(limited[0]).toMatchObject({
      json: { id: last.deliveries[0]!.id, eventId: last.id },
      pairedItem: { item: 0 },
    })
    expect(await n8n.execute({ ...getMany, returnAll: false, limit: 103 })).toHaveLength(103)
    const all = await n8n.execute({ ...getMany, returnAll: true })
    expect(new Set(all.map(({ json }) => json.id)).size).toBe(105)
  })

  test('can be filtered by status, event type, destination and time', async () => {
    const { backend, n8n, organizationId } = await prepare()
    await backend.eventType('b')
    const one = await backend.destination({ organizationId, url: receiver.url, eventTypes: ['a'] })
    await backend.destination({ organizationId, url: receiver.url, active: false })
    for (const type of ['a', 'b']) {
      const { deliveries } = await backend.publish({ organizationId, type, data: 1 })
      for (const { id, status } of deliveries) if (status === 'PENDING') await backend.finished(id)
    }
    const found = async (filters: Json) => {
      const results = await n8n.execute({ ...getMany, returnAll: true, filters })
      return results.map(({ json }) => `${json.eventType} ${json.status}`).toSorted()
    }
    expect(await found({})).toEqual(['a SKIPPED', 'a SUCCEEDED', 'b SKIPPED'])
    expect(await found({ statuses: ['SKIPPED'] })).toEqual(['a SKIPPED', 'b SKIPPED'])
    expect(await found({ eventTypes: ['b'] })).toEqual(['b SKIPPED'])
    expect(await found({ destinationId: one.id, statuses: ['SUCCEEDED', 'SKIPPED'] })).toEqual(['a SUCCEEDED'])
    expect(await found({ from: '2999-01-01T00:00:00' })).toEqual([])
    expect(await found({ from: '2020-01-01' })).toHaveLength(3)
  })

  test('are retried: a finished one is sent again as a new one', async () => {
    const { backend, n8n, organizationId } = await prepare()
    let status = 500
    await using own = await startReceiver(() => status)
    await backend.destination({ organizationId, url: own.url })
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: 1 })
    await backend.finished(deliveries[0]!.id)
    const [failed] = await n8n.execute({ ...getMany, filters: { statuses: ['FAILED'] } })
    expect(failed!.json).toMatchObject({ lastAttempt: { outcome: 'RETRYABLE_FAILURE', response: { statusCode: 500 } } })
    status = 200
    const retry = { resource: 'delivery', operation: 'retry', deliveryId: failed!.json.id }
    const [retried] = await n8n.execute(retry)
    expect(retried!.json).toMatchObject({ trigger: 'RETRY', eventId: failed!.json.eventId })
    expect(await backend.finished(String(retried!.json.id))).toMatchObject({ status: 'SUCCEEDED' })
    await expect(n8n.execute({ ...retry, deliveryId: 'dlv_x' })).rejects.toThrow('Postrider refused this: id')
  })
})

const started: N8n[] = []
afterAll(() => Promise.all(started.map((n8n) => n8n[Symbol.asyncDispose]())))

async function prepare({ timezone = 'UTC' } = {}) {
  const backend = await postrider.application({ retryDelays: [] })
  await backend.eventType('a')
  const organizationId = await backend.organization('acme')
  const credential = { serverUrl: backend.endpoint.url, apiKey: backend.endpoint.key, organization: 'acme' }
  const n8n = await startN8n({ package: built, credential, timezone })
  started.push(n8n)
  return { backend, organizationId, n8n }
}
