import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DeliveriesDocument,
  DeliveryAttemptsDocument,
  type DeliveryAttemptsQueryVariables,
  DestinationsDocument,
  EventPublishDocument,
  EventsDocument,
  EventTypesDocument,
  OrganizationsDocument,
} from '../src/client/generated/documents.ts'
import { attemptsOf } from './support/attempts.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { sendRaw } from './support/raw-request.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

interface Setting {
  readonly backend: Backend
  readonly organizationId: string
}

interface Page {
  readonly nodes: readonly { readonly id: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor?: string | null | undefined
    readonly endCursor?: string | null | undefined
  }
}

/** A list: how one more row of it is made, and how a page of it is read. */
interface List {
  readonly add: (setting: Setting, n: number) => Promise<string>
  readonly page: (backend: Backend, args: { first?: number; after?: string | null }) => Promise<Page>
}

const lists: Record<string, List> = {
  events: {
    add: async ({ backend, organizationId }) => (await publish(backend, organizationId)).id,
    page: async ({ send }, args) => (await send(EventsDocument, args)).events,
  },
  deliveries: {
    add: async ({ backend, organizationId }) => (await publish(backend, organizationId)).deliveries[0]!.id,
    page: async ({ send }, args) => (await send(DeliveriesDocument, args)).deliveries,
  },
  destinations: {
    add: async ({ backend, organizationId }) => (await backend.destination({ organizationId, url: OFF })).id,
    page: async ({ send }, args) => (await send(DestinationsDocument, args)).destinations,
  },
  organizations: {
    add: ({ backend }, n) => backend.organization(`customer-${n}`),
    page: async ({ send }, args) => (await send(OrganizationsDocument, args)).organizations,
  },
  eventTypes: {
    add: async ({ backend }, n) => {
      await backend.eventType(`type.${n}`)
      return (await backend.send(EventTypesDocument, { first: 1 })).eventTypes.nodes[0]!.id
    },
    page: async ({ send }, args) => (await send(EventTypesDocument, args)).eventTypes,
  },
}
const OFF = 'https://hooks.example.com/'

describe.each(Object.entries(lists))('%s', (name, { add, page }) => {
  test('come newest first, and all pages together hold each once, while new ones are added', async () => {
    const setting = await prepare(name)
    const before = (await page(setting.backend, { first: 100 })).nodes.map((node) => node.id)
    const made: string[] = []
    for (let n = 0; n < 7; n += 1) made.unshift(await add(setting, n))
    const all = [...made, ...before]

    const seen: string[] = []
    let after: string | null | undefined = null
    for (let n = 100, more = true; more; n += 1) {
      const { nodes, pageInfo }: Page = await page(setting.backend, { first: 3, after })
      expect(pageInfo.hasPreviousPage).toBe(after !== null)
      seen.push(...nodes.map((node) => node.id))
      after = pageInfo.endCursor
      more = pageInfo.hasNextPage
      expect(nodes).toHaveLength(more ? 3 : nodes.length)
      await add(setting, n)
    }
    expect(seen).toEqual(all)
  })

  test('end with a page that says so; behind it is an empty one, whose endCursor is that of before', async () => {
    const setting = await prepare(name)
    await add(setting, 1)
    const { pageInfo } = await page(setting.backend, { first: 100 })
    expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false })
    const behind = await page(setting.backend, { after: pageInfo.endCursor! })
    const cursors = { startCursor: null, endCursor: pageInfo.endCursor }
    expect(behind).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: true, ...cursors } })
  })
})

test('a page that is just full says whether there is more', async () => {
  const setting = await prepare('events')
  for (let n = 0; n < 3; n += 1) await lists.events!.add(setting, n)
  const { send } = setting.backend
  expect((await send(EventsDocument, { first: 3 })).events.pageInfo.hasNextPage).toBe(false)
  expect((await send(EventsDocument, { first: 2 })).events.pageInfo.hasNextPage).toBe(true)
})

test('an empty list has no cursors', async () => {
  const { send } = await postrider.application()
  const { events } = await send(EventsDocument, {})
  expect(events).toMatchObject({ nodes: [], count: { value: 0, exact: true } })
  expect(events.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null })
})

test.each([
  [1, { value: 1, exact: false }],
  [2, { value: 2, exact: false }],
  [3, { value: 3, exact: true }],
  [10_000, { value: 3, exact: true }],
  [null, { value: 3, exact: true }],
])('count(max: %j) counts no further, and says whether that is all', async (max, expected) => {
  const { backend, organizationId } = await prepare('deliveries')
  for (let n = 0; n < 3; n += 1) await publish(backend, organizationId)
  for (const list of ['events', 'deliveries']) {
    const query = `query ($max: Int) { ${list}(first: 1) { count(max: $max) { value exact } } }`
    expect(await sendRaw(backend.endpoint, query, { max })).toMatchObject({ root: { count: expected }, codes: [] })
  }
})

describe('createdAt', () => {
  test('takes durations back from now', async () => {
    const { backend, organizationId } = await prepare('deliveries')
    await publish(backend, organizationId)
    const count = async (createdAt: { from?: string; to?: string }) => {
      const { events } = await backend.send(EventsDocument, { filter: { createdAt } })
      const { deliveries } = await backend.send(DeliveriesDocument, { filter: { createdAt } })
      expect(deliveries.nodes.length).toBe(events.nodes.length)
      return events.nodes.length
    }
    expect(await count({ from: '-PT1H' })).toBe(1)
    expect(await count({ from: '-P1DT2H3M4S', to: 'PT1M' })).toBe(1)
    expect(await count({ to: '-PT1H' })).toBe(0)
    expect(await count({ from: 'PT1H' })).toBe(0)
    expect(await count({ from: '-PT2H', to: '-PT1H' })).toBe(0)
    expect(await count({})).toBe(1)
  })

  test('takes instants, half-open: from is inside, to is not', async () => {
    const { backend, organizationId } = await prepare('deliveries')
    const made: { id: string; createdAt: string }[] = []
    for (let n = 0; n < 5; n += 1) {
      const input = { organizationId, type: 'order.placed', data: n }
      made.unshift((await backend.send(EventPublishDocument, { input })).eventPublish.event!)
    }
    const [from, to] = [made[3]!.createdAt, made[1]!.createdAt]
    const within = made.filter(({ createdAt }) => createdAt >= from && createdAt < to).map((event) => event.id)
    expect(within).toContain(made[3]!.id)
    expect(within).not.toContain(made[1]!.id)
    const filter = { createdAt: { from, to } }
    const { events } = await backend.send(EventsDocument, { filter })
    expect(events.nodes.map((event) => event.id)).toEqual(within)
    const { deliveries } = await backend.send(DeliveriesDocument, { filter })
    expect(deliveries.nodes.map((delivery) => delivery.eventId).toSorted()).toEqual(within.toSorted())
    const inOtherZone = { createdAt: { from: inZone(from, 2), to: inZone(to, -3) } }
    expect((await backend.send(EventsDocument, { filter: inOtherZone })).events).toEqual(events)
  })
})

describe('deliveryAttempts', () => {
  test('come oldest first, and resume behind a cursor, new ones included', async () => {
    await using receiver = await startReceiver()
    const { backend, organizationId } = await openShop(receiver.url)
    for (let n = 0; n < 5; n += 1) await finish(backend, organizationId)
    const known = await attemptsOf(backend, 5)
    const first = await attempts(backend, { first: 2 })
    expect(first).toMatchObject({ ids: known.slice(0, 2), pageInfo: { hasNextPage: true, hasPreviousPage: false } })
    const rest = await attempts(backend, { first: 100, after: first.pageInfo.endCursor })
    expect(rest).toMatchObject({ ids: known.slice(2), pageInfo: { hasNextPage: false, hasPreviousPage: true } })
    const after = rest.pageInfo.endCursor
    expect(await attempts(backend, { after })).toMatchObject({ ids: [], pageInfo: { endCursor: after } })
    await finish(backend, organizationId)
    const all = await attemptsOf(backend, 6)
    expect(await attempts(backend, { after })).toMatchObject({ ids: [all[5]] })
  })

  test('are filtered by organization, destination, type and outcome', async () => {
    await using receiver = await startReceiver(({ body }) => (JSON.parse(body).data === 'fail' ? 500 : 200))
    const { backend, organizationId, destinationId } = await openShop(receiver.url, { retryDelays: [] })
    await backend.eventType('order.paid')
    const other = await backend.organization('globex')
    const otherId = (await backend.destination({ organizationId: other, url: receiver.url })).id
    await finish(backend, organizationId)
    await finish(backend, organizationId, { type: 'order.paid' })
    await finish(backend, organizationId, { data: 'fail' })
    await finish(backend, other)
    const [placed, paid, failed, theirs] = await attemptsOf(backend, 4)
    const filtered = async (filter: DeliveryAttemptsQueryVariables['filter']) =>
      (await attempts(backend, { filter })).ids
    expect(await filtered({})).toEqual([placed, paid, failed, theirs])
    expect(await filtered({ organizationId: other })).toEqual([theirs])
    expect(await filtered({ organizationId: 'nobody' })).toEqual([])
    expect(await filtered({ destinationIds: [destinationId] })).toEqual([placed, paid, failed])
    expect(await filtered({ destinationIds: [destinationId, otherId, 'x'] })).toEqual([placed, paid, failed, theirs])
    expect(await filtered({ destinationIds: [] })).toEqual([])
    expect(await filtered({ eventTypes: ['order.paid'] })).toEqual([paid])
    expect(await filtered({ eventTypes: ['order.*'] })).toEqual([])
    expect(await filtered({ outcomes: ['RETRYABLE_FAILURE', 'PERMANENT_FAILURE'] })).toEqual([failed])
    expect(await filtered({ outcomes: ['SUCCESS'], organizationId })).toEqual([placed, paid])
  })
})

/** What a list hangs on: a destination that is off, so that deliveries are made and nothing is sent. */
async function prepare(list: string): Promise<Setting> {
  const backend = await postrider.application()
  await backend.eventType('order.placed')
  const organizationId = await backend.organization('acme')
  if (list === 'deliveries') await backend.destination({ organizationId, url: OFF, active: false })
  return { backend, organizationId }
}

async function openShop(url: string, profile = {}) {
  const backend = await postrider.application(profile)
  await backend.eventType('order.placed')
  const organizationId = await backend.organization('acme')
  return { backend, organizationId, destinationId: (await backend.destination({ organizationId, url })).id }
}

function publish(backend: Backend, organizationId: string, fields: { type?: string; data?: unknown } = {}) {
  return backend.publish({ organizationId, type: 'order.placed', data: {}, ...fields })
}

/** Publishes, and waits until the delivery is finished. */
async function finish(...args: Parameters<typeof publish>): Promise<void> {
  const { deliveries } = await publish(...args)
  await args[0].finished(deliveries[0]!.id)
}

async function attempts({ send }: Backend, variables: DeliveryAttemptsQueryVariables) {
  const { edges, pageInfo } = (await send(DeliveryAttemptsDocument, variables)).deliveryAttempts
  return { ids: edges.map((edge) => edge.node.id), pageInfo }
}

/** The same instant, written in a zone this number of hours east. */
function inZone(instant: string, hours: number): string {
  const shifted = new Date(Date.parse(instant) + hours * 3_600_000).toISOString().slice(0, -1)
  return `${shifted}${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`
}
