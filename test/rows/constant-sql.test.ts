import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Kind, type OperationDefinitionNode, parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startFollower } from '../support/feed-follower.ts'
import { type Plan, watchPlans } from '../support/plans.ts'
import {
  type Backend,
  createBackend,
  OPERATOR_KEY,
  startTestPostrider,
  type TestPostrider,
} from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

// However many rows an answer holds, it takes the same number of statements: each list under them is one.

const N = 3
const NO_LISTS_OF_ROWS = ['ViewerDocument', 'OrganizationDocument', 'ConnectorsDocument', 'StatsDocument']
const range = { from: '-PT1H' }

const roots = {
  viewer: 'viewer { application { id apiKeys { id } operationsOrganization { id destinations { totalCount } } } }',
  organizations: 'organizations(first: 100) { nodes { ...organization } }',
  destinations: 'destinations(first: 100) { nodes { ...destination } }',
  events: 'events(first: 100) { nodes { ...event } }',
  deliveries: 'deliveries(first: 100) { nodes { ...delivery } }',
  deliveryAttempts: 'deliveryAttempts(first: 100) { nodes { ...attempt } }',
}

/** All that hangs under anything. */
const FRAGMENTS = `
fragment organization on Organization {
  id
  destinations(first: 2) { totalCount nodes { id organization { id } health } pageInfo { endCursor } }
  active: destinations(first: 2, filter: { active: true, health: [HEALTHY], eventType: "a", search: "t" }) { totalCount nodes { id } }
}
fragment destination on Destination {
  id organization { id } connector { key } credentials { name } headers { name } health disabledReason lastSuccessAt
  signingSecrets { hint } setupError waitingReason
  stats(range: $range, bucket: DAY) { attempts }
  deliveries(first: 2) { count { value } nodes { id event { id type } } }
  failed: deliveries(first: 2, filter: { statuses: [FAILED] }) { count { value exact } nodes { id } }
  ofType: deliveries(first: 2, filter: { eventTypes: ["a"], createdAt: { from: "-PT1H" } }) { count { value exact } nodes { id } }
}
fragment event on Event { id organization { id name } deliveries(first: 2) { count { value } nodes { id lastAttempt { id } } } }
fragment delivery on Delivery {
  id event { id data } destination { id label organization { id } } lastAttempt { ...attempt } attempts(first: 2) { nodes { id } }
}
fragment attempt on DeliveryAttempt { id delivery { id } request { body headers { name } } response { body } }`

const fragments = new Map(
  FRAGMENTS.split(/^(?=fragment )/m).map((text) => [/fragment (\w+)/.exec(text)?.[1] ?? '', text]),
)

let database: TestDatabase
let watched: Awaited<ReturnType<typeof watchPlans>>
let postrider: TestPostrider
let receiver: Receiver
let backend: Backend
beforeAll(async () => {
  database = await createTestDatabase()
  watched = await watchPlans(database)
  receiver = await startReceiver(({ path }) => (path.endsWith('/fails') ? 500 : 200))
  postrider = await startTestPostrider({}, { database, role: 'api' })
  backend = await postrider.application({ retryDelays: [] })
  await backend.eventType('a')
})
afterAll(async () => {
  watched[Symbol.dispose]()
  await postrider[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

test('the statements of every list of the client, of the examples, and of all lists at once, for N and for 2 N rows', async () => {
  const lists = [...(await exampleQueries()), ...listsOfTheClient(), ...trees()]
  await grow(N)
  const first = await measure(lists)
  await grow(N)
  const second = await measure(lists)
  expect(second.statements).toEqual(first.statements)
  // Not because nothing came: each answer has grown.
  const names = Object.keys(second.sizes).filter((name) => !NO_LISTS_OF_ROWS.includes(name))
  expect(names.filter((name) => second.sizes[name]! <= first.sizes[name]!)).toEqual([])
})

test('a subscription looks up what belongs to many attempts at a time', async () => {
  const lookUps = async (attempts: number) => {
    watched.plans.length = 0
    await using follower = await startFollower({ ...backend.endpoint, last: attempts })
    await follower.heard(attempts)
    return watched.plans.filter(({ text }) =>
      / from "(delivery|event|organization|delivery_profile_version)" /.test(text),
    ).length
  }
  const ofFew = await lookUps(N)
  expect(ofFew).toBeGreaterThan(0)
  expect(await lookUps(4 * N)).toBe(ofFew)
})

let grown = 0
/** Adds `count` customers, each with a destination and an event that was delivered; and an application each. */
async function grow(count: number): Promise<void> {
  // Gone before anything is measured: what it does meanwhile is nobody's answer.
  await using _worker = await startTestPostrider({}, { database, role: 'worker' })
  for (let n = 0; n < count; n += 1) {
    const organizationId = await backend.organization(`c${grown + n}`)
    await backend.destination({ organizationId, url: `${receiver.url}/fails` })
    await backend.destination({ organizationId, url: receiver.url })
    await backend.eventType(`t${grown + n}`)
    await backend.send(documents.ApiKeyCreateDocument, { input: { name: 'x' } })
    await createBackend({ url: postrider.url, key: OPERATOR_KEY })
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: { n } })
    for (const delivery of deliveries) await backend.finished(delivery.id)
  }
  grown += count
}

type Asked = readonly [name: string, query: string, variables: object]

function listsOfTheClient(): Asked[] {
  const variables = { range, bucket: 'DAY', externalId: 'c0' }
  return Object.entries(documents).flatMap(([name, document]): Asked[] => {
    const text = document instanceof documents.TypedDocumentString ? String(document) : ''
    if (!/^\s*query /m.test(text)) return []
    const operation = parse(text).definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION)
    const needed = (operation?.variableDefinitions ?? []).filter((one) => one.type.kind === 'NonNullType')
    const isList = operation && needed.every((one) => Object.hasOwn(variables, one.variable.name.value))
    return isList ? [[name, text, variables]] : []
  })
}

async function exampleQueries(): Promise<Asked[]> {
  const folder = new URL('../../schema/examples/', import.meta.url)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.graphql'))
  const asked = await Promise.all(
    files.map(async (name): Promise<Asked> => [name, await readFile(new URL(name, folder), 'utf8'), {}]),
  )
  return asked.filter(([, text]) =>
    parse(text).definitions.some((one) => (one as OperationDefinitionNode).operation === 'query'),
  )
}

function trees(): Asked[] {
  return Object.entries(roots).map(([name, root]) => {
    const used = new Set<string>()
    const collect = (text: string) => {
      for (const [, fragment] of text.matchAll(/\.\.\.(\w+)/g)) {
        if (used.has(fragment!)) continue
        used.add(fragment!)
        collect(fragments.get(fragment!)!)
      }
    }
    collect(root)
    const withRange = used.has('destination') ? 'query ($range: DateTimeRange!)' : 'query'
    return [
      `all under ${name}`,
      `${withRange} { ${root} } ${[...used].map((one) => fragments.get(one)).join('\n')}`,
      { range },
    ]
  })
}

/** What each takes, beside what goes on without it. The operator's lists are of all applications. */
async function measure(asked: readonly Asked[]) {
  // What runs in the background is known by its texts, seen while nobody asks.
  watched.plans.length = 0
  await pause(2_500)
  const background = new Set(watched.plans.map(({ text }) => text))
  const statements: Record<string, number> = {}
  const sizes: Record<string, number> = {}
  for (const [name, query, variables] of asked) {
    const endpoint = query.includes('query Applications') ? postrider.operator : backend.endpoint
    // A second time, so that what is kept by the connection is kept.
    for (let round = 0; round < 2; round += 1) {
      watched.plans.length = 0
      const { codes, text, message } = await sendRaw(endpoint, query, variables as Record<string, unknown>)
      expect([name, codes, message]).toEqual([name, [], ''])
      statements[name] = watched.plans.filter((plan: Plan) => !background.has(plan.text)).length
      sizes[name] = text.length
    }
  }
  return { statements, sizes }
}
