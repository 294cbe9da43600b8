import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { createBackend, OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { startProcess } from '../support/process.ts'
import { countedIn, holdRollUp, hundred, prepareStats } from '../support/stats.ts'

test('each attempt is counted once when a process is killed in the middle', async () => {
  await using database = await createTestDatabase()
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url }
  await using first = await startProcess({ environment })
  const setting = await prepareStats({
    application: () => createBackend({ url: first.url, key: OPERATOR_KEY }),
    database,
  })
  await using hold = await holdRollUp(database)
  const tenThousand = Array.from({ length: 100 }, () => hundred).flat()
  for (let round = 0; round < 3; round += 1) await setting.seed(tenThousand)
  await hold[Symbol.asyncDispose]()
  await setting.untilRolledUp(1)
  await first.kill('SIGKILL')
  const counted = (await countedIn(database, setting.applicationId)).DAY ?? 0
  expect(counted).toBeGreaterThan(0)
  expect(counted).toBeLessThan(30_000)

  await using _second = await startProcess({ environment })
  await setting.untilRolledUp(30_000)
  expect(await countedIn(database, setting.applicationId)).toEqual({ MINUTE: 30_000, HOUR: 30_000, DAY: 30_000 })
})
