import { expect, test } from 'vitest'
import { createTestDatabase } from './support/database.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

test('stopping lets what is in flight finish, and leaves nothing half-settled', async () => {
  await using database = await createTestDatabase()
  const release = Promise.withResolvers<void>()
  await using receiver = await startReceiver(() => (response) => void release.promise.then(() => response.end()))
  const postrider = await startTestPostrider({}, { database })
  const backend = await postrider.application()
  await backend.eventType('a')
  const organizationId = await backend.organization()
  await backend.destination({ organizationId, url: receiver.url })
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(1)
  const stopping = postrider[Symbol.asyncDispose]()
  release.resolve()
  await stopping
  expect(await database.query('select status, attempt_count from delivery')).toEqual([
    { status: 'SUCCEEDED', attempt_count: 1 },
  ])
  expect(await database.query('select id from pgboss.job')).toEqual([])
})

test('an attempt that is cut off by stopping does not count, and the next process makes it', async () => {
  await using database = await createTestDatabase()
  await using receiver = await startReceiver((_, n) => (n === 1 ? () => undefined : 200))
  const first = await startTestPostrider({}, { database })
  const backend = await first.application()
  await backend.eventType('a')
  const organizationId = await backend.organization()
  await backend.destination({ organizationId, url: receiver.url })
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(1)
  await first[Symbol.asyncDispose]()
  expect(await database.query('select status, attempt_count from delivery')).toEqual([
    { status: 'PENDING', attempt_count: 0 },
  ])
  expect(await database.query('select number from delivery_attempt')).toEqual([])

  await using _second = await startTestPostrider({}, { database })
  await receiver.request(2)
}, 30_000)
