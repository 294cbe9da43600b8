import { afterAll, beforeAll, expect, test } from 'vitest'
import { DestinationDisableDocument, EventDocument } from '../src/client/generated/documents.ts'
import { isSubscription } from '../src/domain/subscription.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('an event goes to every destination of its organization that subscribes to it, and to no other', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  for (const name of ['a.b', 'a.b.c', 'ab.c', 'x']) await backend.eventType(name)
  const organizationId = await backend.organization('acme')
  const other = await backend.organization('other')
  const subscribe = (eventTypes: string[], of = organizationId) =>
    backend.destination({ organizationId: of, url: receiver.url, eventTypes })
  const all = await subscribe([])
  const exact = await subscribe(['a.b'])
  const prefix = await subscribe(['a.*'])
  const deeper = await subscribe(['a.b.*'])
  const several = await subscribe(['x', 'a.b.c'])
  await subscribe([], other)

  const reached = async (type: string) => {
    const { deliveries } = await backend.publish({ organizationId, type, data: {} })
    return new Set(deliveries.map((delivery) => delivery.destinationId))
  }
  expect(await reached('a.b')).toEqual(new Set([all.id, exact.id, prefix.id]))
  expect(await reached('a.b.c')).toEqual(new Set([all.id, prefix.id, deeper.id, several.id]))
  expect(await reached('ab.c')).toEqual(new Set([all.id]))
  expect(await reached('x')).toEqual(new Set([all.id, several.id]))
})

test('an event that nobody subscribes to is stored', async () => {
  const backend = await postrider.application()
  await backend.eventType('lonely')
  const { id, deliveries } = await backend.publish({
    organizationId: await backend.organization(),
    type: 'lonely',
    data: [1],
  })
  expect(deliveries).toEqual([])
  expect((await backend.send(EventDocument, { id })).event).toMatchObject({ type: 'lonely', data: [1], isTest: false })
})

test('a destination that is off gets a skipped delivery with the reason', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  await backend.send(DestinationDisableDocument, { input: { id } })
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  expect(deliveries).toMatchObject([{ status: 'SKIPPED', skipReason: 'INACTIVE', attemptCount: 0 }])
  expect(deliveries[0]!.finishedAt).not.toBeNull()
})

test('five hundred destinations each get their delivery', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  await cloneDestination(id, 499)
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(500)
  const [{ left }] = (await postrider.database.query(
    "select count(distinct destination_id)::int as left from delivery where event_type = 'a' and organization_id = (select organization_id from destination where label = 'clone' limit 1)",
  )) as [{ left: number }]
  expect(left).toBe(500)
}, 120_000)

test('patterns are names or prefixes', () => {
  for (const good of ['a', 'a.b', 'a.*', 'a.b.*', 'A-1_x.y']) expect(isSubscription(good), good).toBe(true)
  for (const bad of ['', '*', '.*', 'a.', '.a', 'a..b', 'a*', 'a.*.b', 'a b', 'ä', 'a'.repeat(129)]) {
    expect(isSubscription(bad), bad).toBe(false)
  }
})

/** Copies by SQL: what is tested is the fan-out, not five hundred mutations. */
async function cloneDestination(id: string, count: number): Promise<void> {
  const { idToUuid } = await import('../src/domain/id.ts')
  await postrider.database.query(
    `with copy as (
       insert into destination (id, application_id, organization_id, label, connector, config, target, credential_hints,
         event_types, created_at, updated_at)
       select gen_random_uuid(), application_id, organization_id, 'clone', connector, config, target, credential_hints,
         event_types, created_at, updated_at from destination, generate_series(1, $2) where id = $1
       returning id
     ) insert into destination_health (destination_id) select id from copy`,
    [idToUuid(id as `dst_${string}`), count],
  )
}
