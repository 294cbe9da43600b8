import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  DeliveriesDocument,
  DestinationDeleteDocument,
  DestinationDisableDocument,
  DestinationEnableDocument,
  DestinationRecoverDocument,
  type DestinationRecoverInput,
  EventsPublishDocument,
  FollowRecoveryJobDocument,
  RecoveryJobDocument,
  type RecoveryJobFieldsFragment,
} from '../src/client/generated/documents.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'
import { idToUuid } from '../src/domain/id.ts'
import { createTestDatabase } from './support/database.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type Answer, startReceiver } from './support/receiver.ts'
import { until } from './support/until.ts'

/** So small that a few hundred deliveries are a long recovery. */
const SLICE = 20
const tuning = { recoverySlice: SLICE }

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider({}, { tuning })
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('what failed is sent again, each event once, and recovering twice sends nothing twice', async () => {
  await using setting = await prepare()
  await setting.fail(30)
  setting.answer(200)
  expect(await setting.recover({ dryRun: true })).toMatchObject({ job: null, matched: { value: 30, exact: true } })

  const { job } = await setting.recover()
  const seen = await follow(setting.backend, job!.id)
  expect(seen.at(-1)).toMatchObject({ status: 'DONE', matched: 30, enqueued: 30, error: null })
  expect(seen.at(-1)!.finishedAt).not.toBeNull()
  await setting.receiver.request(60)
  await setting.untilNonePending()

  const ids = setting.receiver.requests.map((request) => request.headers['webhook-id'])
  expect(new Set(ids.slice(30))).toEqual(new Set(ids.slice(0, 30)))
  const { deliveries } = await setting.backend.send(DeliveriesDocument, { filter: { triggers: ['RECOVERY'] } })
  expect(deliveries.nodes.every((delivery) => delivery.status === 'SUCCEEDED')).toBe(true)

  const again = await setting.recover()
  expect((await follow(setting.backend, again.job!.id)).at(-1)).toMatchObject({ matched: 0, enqueued: 0 })
  expect(setting.receiver.requests).toHaveLength(60)
})

test('what was skipped while the destination was off is recovered when it is asked for', async () => {
  await using setting = await prepare()
  setting.answer(200)
  await setting.backend.send(DestinationDisableDocument, { input: { id: setting.id } })
  await setting.publish(5)
  expect((await setting.recover({ statuses: ['SKIPPED'] })).userErrors).toMatchObject([
    { code: 'CONFLICT', path: ['input', 'id'] },
  ])
  await setting.backend.send(DestinationEnableDocument, { input: { id: setting.id } })
  expect(await setting.recover({ dryRun: true })).toMatchObject({ matched: { value: 0, exact: true } })
  await setting.recover({ statuses: ['SKIPPED'] })
  await setting.receiver.request(5)
})

test('only what lies in the range is sent again', async () => {
  await using setting = await prepare()
  await setting.fail(3)
  setting.answer(200)
  const range = { from: '-P2D', to: '-P1D' }
  const { job } = await setting.recover({ range })
  expect((await follow(setting.backend, job!.id)).at(-1)).toMatchObject({ status: 'DONE', matched: 0 })
})

test('live events go before a long recovery, and other destinations notice nothing of it', async () => {
  await using setting = await prepare()
  const count = 45 * SLICE
  await seedFailed(setting, count)
  const order: string[] = []
  const isPublished = Promise.withResolvers<void>()
  // The recovery is in the middle until the live event is published.
  setting.answer((body) => {
    if (order.push(JSON.parse(body).data.kind) <= 50) return 200
    return (response) => void isPublished.promise.then(() => response.end())
  })
  await using other = await startReceiver()
  const elsewhere = await setting.backend.organization('elsewhere')
  await setting.backend.destination({ organizationId: elsewhere, url: other.url })

  const { job } = await setting.recover()
  await setting.receiver.request(50)
  // All of it waits before the live event comes.
  const read = () => setting.backend.send(RecoveryJobDocument, { id: job!.id })
  await until(async () => (await read()).recoveryJob!.enqueued === count)
  await setting.backend.publish({ organizationId: setting.organizationId, type: 'a', data: { kind: 'live' } })
  await setting.backend.publish({ organizationId: elsewhere, type: 'a', data: {} })
  await other.request(1)
  isPublished.resolve()
  await setting.receiver.request(count + 1)
  // It went before most of what was recovered.
  expect(order.indexOf('live')).toBeLessThan(count - SLICE)
  expect((await follow(setting.backend, job!.id)).at(-1)).toMatchObject({ matched: count, enqueued: count })
})

test('a recovery that a process was stopped in goes on in another, and sends nothing twice', async () => {
  await using database = await createTestDatabase()
  const count = 20 * SLICE
  const progress = async () => {
    const [row] = await database.query<{ enqueued: number; status: string }>(
      'select enqueued, status from recovery_job',
    )
    return row!
  }
  await using receiver = await startReceiver()
  {
    await using first = await startTestPostrider({}, { database, tuning })
    const backend = await first.application({ retryDelays: [] })
    const { organizationId, id } = await backend.hook(receiver.url)
    await seedFailed({ database, backend, organizationId, id }, count)
    await backend.send(DestinationRecoverDocument, { input: { id, range: { from: '-PT1H' } } })
    await until(async () => (await progress()).enqueued > 0)
  }
  expect(await progress()).toMatchObject({ status: 'RUNNING' })
  await using _second = await startTestPostrider({}, { database, tuning })
  await receiver.request(count)
  await until(async () => (await progress()).status === 'DONE')
  expect((await progress()).enqueued).toBe(count)
  const ids = receiver.requests.map((request) => request.headers['webhook-id'])
  expect(new Set(ids).size).toBe(ids.length)
})

test('a recovery of a destination that is deleted is cancelled', async () => {
  await using setting = await prepare()
  const count = 50 * SLICE
  await seedFailed(setting, count)
  const { job } = await setting.recover()
  await setting.backend.send(DestinationDeleteDocument, { input: { id: setting.id } })
  const last = (await follow(setting.backend, job!.id)).at(-1)!
  expect(last).toMatchObject({ status: 'CANCELLED', error: 'The destination was deleted' })
  expect(last.enqueued).toBeLessThan(count)
})

test.each([
  [{ statuses: ['PENDING'] }, 'INVALID', 'statuses'],
  [{ statuses: ['SUCCEEDED'] }, 'INVALID', 'statuses'],
  [{ statuses: [] }, 'REQUIRED', 'statuses'],
  [{ range: { from: 'PT1H', to: '-PT1H' } }, 'INVALID', 'range'],
  [{ id: 'dst_01h455vb4pex5vsknk084sn02q' }, 'NOT_FOUND', 'id'],
])('%j is refused, and the field is named', async (input, code, field) => {
  await using setting = await prepare()
  const refused = await setting.recover(input as never)
  expect(refused.userErrors).toMatchObject([{ code, path: ['input', field] }])
  expect(refused.job).toBeNull()
})

test("another application's recovery is not there", async () => {
  await using setting = await prepare()
  const { job } = await setting.recover()
  const stranger = await postrider.application()
  expect((await stranger.send(RecoveryJobDocument, { id: job!.id })).recoveryJob).toBeNull()
  expect((await setting.backend.send(RecoveryJobDocument, { id: job!.id })).recoveryJob).not.toBeNull()
})

type Input = Parameters<typeof recoverWith>[2]

async function prepare() {
  let answer: (body: string) => Answer = () => 500
  const receiver = await startReceiver((request) => answer(request.body))
  const backend = await postrider.application({ retryDelays: [] })
  const { organizationId, id } = await backend.hook(receiver.url)
  const publish = async (count: number) => {
    const events = Array.from({ length: count }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
    await backend.send(EventsPublishDocument, { input: { events } })
  }
  const untilNonePending = () =>
    until(async () => {
      const { deliveries } = await backend.send(DeliveriesDocument, { first: 1, filter: { statuses: ['PENDING'] } })
      return deliveries.nodes.length === 0 && !deliveries.pageInfo.hasNextPage
    })
  return {
    database: postrider.database,
    receiver,
    backend,
    organizationId,
    id,
    publish,
    untilNonePending,
    answer(next: number | ((body: string) => Answer)) {
      answer = typeof next === 'number' ? () => next : next
    },
    async fail(count: number) {
      await publish(count)
      await receiver.request(count)
      await untilNonePending()
    },
    recover: (input: Input = {}) => recoverWith(backend, id, input),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

async function recoverWith(backend: Backend, id: string, input: Partial<DestinationRecoverInput>) {
  const sent = await backend.send(DestinationRecoverDocument, { input: { id, range: { from: '-PT1H' }, ...input } })
  return sent.destinationRecover
}

async function follow(backend: Backend, id: string): Promise<RecoveryJobFieldsFragment[]> {
  const socket = openSocket(backend.endpoint)
  try {
    const seen: RecoveryJobFieldsFragment[] = []
    for await (const { recoveryJob } of subscribe(socket, FollowRecoveryJobDocument, { id })) seen.push(recoveryJob)
    return seen
  } finally {
    await socket.dispose()
  }
}

/** Deliveries that failed some minutes ago, as many at once as a publish would take long for. */
async function seedFailed(
  { database, organizationId, id }: Pick<Setting, 'database' | 'backend' | 'organizationId' | 'id'>,
  count: number,
): Promise<void> {
  const [organization, destination] = [organizationId, id].map((one) => idToUuid(one as never))
  await database.query(
    `with e as (
       insert into event (id, application_id, organization_id, type, data, data_bytes, is_test)
       select uuidv7(make_interval(mins => -5)), o.application_id, o.id, 'a', '{"kind":"old"}', 14, false
       from organization o, generate_series(1, $3) where o.id = $1
       returning id, application_id, organization_id
     )
     insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
       attempt_count, max_attempts, finished_at)
     select uuidv7(make_interval(mins => -5)), application_id, organization_id, id, $2, 'a', 'FAILED', 'EVENT', 0, 1, now()
     from e`,
    [organization, destination, count],
  )
}

type Setting = Awaited<ReturnType<typeof prepare>>
