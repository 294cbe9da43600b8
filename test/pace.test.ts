import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createPace } from '../src/server/pace.ts'

test('tasks are run in their order, and no more than so many in a turn of the event loop', async () => {
  const inTurn = createPace(3)
  const done: number[] = []
  for (let n = 0; n < 7; n += 1) inTurn(() => done.push(n))
  const counts: number[] = []
  for (let n = 0; n < 4; n += 1) {
    await turn()
    counts.push(done.length)
  }
  expect(counts).toEqual([3, 6, 7, 7])
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6])
  inTurn(() => done.push(7))
  await turn()
  expect(done).toHaveLength(8)
})
