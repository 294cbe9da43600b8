import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { DeliveryAttemptsDocument } from '../../src/client/generated/documents.ts'
import { attemptsOf } from '../support/attempts.ts'
import { type RunningCli, runCli, startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Backend, backendOf, startTestPostrider } from '../support/postrider.ts'
import { temporaryFolder } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'

const LIVE = 'Following what is live'

test('tail shows each attempt in a line, why one failed in a second, and ends with 0 by Ctrl-C', async () => {
  await using receiver = await startReceiver((_, n) => (n === 1 ? 503 : 200))
  await using postrider = await startTestPostrider()
  const backend = await postrider.application({ retryDelays: [1] })
  const { organizationId, id } = await backend.hook(receiver.url)
  await using tail = startCli(['tail'], { endpoint: backend.endpoint })
  await tail.said(LIVE)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const [failed, why, succeeded] = await tail.lines(3)
  const delivery = deliveries[0]!.id
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
  expect(failed).toMatch(new RegExp(`^${time}  RETRYABLE  503  +\\d+ ms  1/2    a  ${id}  ${delivery}$`))
  expect(why).toMatch(new RegExp(`^  The receiver answered 503; the next attempt is due at ${time}$`))
  expect(succeeded).toMatch(new RegExp(`^${time}  SUCCESS    200  +\\d+ ms  2/2    a  ${id}  ${delivery}$`))
  expect(await tail.interrupt()).toBe(0)
  expect(tail.stderr).toBe(`${LIVE}. Ctrl-C ends it.\n`)
})

test('tail shows what its filters let through', async () => {
  await using receiver = await startReceiver((request) => Number(request.path.slice(1)))
  await using postrider = await startTestPostrider()
  const backend = await postrider.application({ retryDelays: [] })
  const made: Record<string, string> = {}
  for (const name of ['x', 'y']) {
    await backend.eventType(name)
    const organizationId = await backend.organization(name)
    for (const status of [200, 400]) {
      const { id } = await backend.destination({ organizationId, url: new URL(`/${status}`, receiver.url).href })
      made[`${name}${status}`] = id
    }
    await backend.publish({ organizationId, type: name, data: {} })
  }
  await attemptsOf(backend, 4)
  const shown = async (...args: string[]) => {
    await using tail = startCli(['tail', '--json', '--last', '100', ...args], { endpoint: backend.endpoint })
    await tail.said('"caughtUp":true')
    const ids = attemptsIn(tail.stdout).map((attempt) => attempt.delivery.destinationId)
    return ids.map((id) => Object.keys(made).find((name) => made[name] === id)).sort()
  }
  expect(await shown()).toEqual(['x200', 'x400', 'y200', 'y400'])
  expect(await shown('--organization', 'x')).toEqual(['x200', 'x400'])
  expect(await shown('--event-type', 'y')).toEqual(['y200', 'y400'])
  expect(await shown('--outcome', 'failed')).toEqual(['x400', 'y400'])
  expect(await shown('--outcome', 'success', 'permanent')).toEqual(['x200', 'y200'])
  expect(await shown('--destination', made.x200!, made.y400!)).toEqual(['x200', 'y400'])
})

test('with a cursor file nothing is lost and nothing comes twice, whoever restarts', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await startReceiver()
  await using database = await createTestDatabase()
  const args = ['tail', '--json', '--cursor-file', path.join(folder.path, 'cursor')]
  const seen: string[] = []
  const collect = (stdout: string) => seen.push(...attemptIds(stdout))
  const first = await startTestPostrider({}, { database })
  const backend = await first.application()
  const { endpoint } = backend
  const { organizationId } = await backend.hook(receiver.url)
  const publish = (through: Backend) => through.publish({ organizationId, type: 'a', data: {} })

  const before = startCli(args, { endpoint })
  await before.said('"caughtUp":true')
  for (let n = 0; n < 5; n += 1) await publish(backend)
  await untilSeen(before, 5)
  expect(await before.interrupt()).toBe(0)
  collect(before.stdout)
  // While nobody looks.
  for (let n = 0; n < 5; n += 1) await publish(backend)
  await attemptsOf(backend, 10)

  const after = startCli(args, { endpoint })
  await untilSeen(after, 5)
  await first[Symbol.asyncDispose]()
  await after.said('trying again in')
  await using second = await startTestPostrider({ PORT: new URL(first.url).port }, { database })
  const again = backendOf({ ...endpoint, url: second.url }, backend.applicationId)
  for (let n = 0; n < 5; n += 1) await publish(again)
  await untilSeen(after, 10)
  expect(await after.interrupt()).toBe(0)
  collect(after.stdout)
  expect(after.stderr).toMatch(/^Not connected \(.+\); trying again in \d\.\d s\.\n/)

  const { deliveryAttempts } = await again.send(DeliveryAttemptsDocument, { first: 100 })
  expect(seen).toEqual(deliveryAttempts.edges.map((edge) => edge.node.id))
  expect(await readdir(folder.path)).toEqual(['cursor'])
})

test('a cursor of --json is one for --after, and a broken cursor file is told', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await startReceiver()
  await using postrider = await startTestPostrider()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const { endpoint } = backend
  for (let n = 0; n < 3; n += 1) await backend.publish({ organizationId, type: 'a', data: {} })
  const ids = await attemptsOf(backend, 3)
  await using all = startCli(['tail', '--json', '--last', '100'], { endpoint })
  await untilSeen(all, 3)
  const items = all.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const { cursor } = items.find((item) => item.attempt?.id === ids[0])
  await using rest = startCli(['tail', '--json', '--after', cursor], { endpoint })
  await rest.said('"caughtUp":true')
  expect(attemptIds(rest.stdout)).toEqual(ids.slice(1))

  const file = path.join(folder.path, 'cursor')
  await writeFile(file, '\n')
  const empty = await runCli(['tail', '--cursor-file', file], { endpoint })
  expect(empty).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('it is empty') })
  await writeFile(file, `${cursor}\n`)
  await using kept = startCli(['tail', '--json', '--cursor-file', file, '--last', '1'], { endpoint })
  await kept.said('"caughtUp":true')
  expect(attemptIds(kept.stdout)).toEqual(ids.slice(1))
  expect(await kept.interrupt()).toBe(0)
  expect(await readFile(file, 'utf8')).not.toBe(`${cursor}\n`)
})

function attemptsIn(stdout: string): { id: string; delivery: { destinationId: string } }[] {
  const lines = stdout.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line)).flatMap((item) => (item.kind === 'attempt' ? [item.attempt] : []))
}

function attemptIds(stdout: string): string[] {
  return attemptsIn(stdout).map((attempt) => attempt.id)
}

function untilSeen(tail: RunningCli, count: number): Promise<void> {
  return tail.when(() => attemptIds(tail.stdout).length >= count, `it showed ${count} attempts`)
}
