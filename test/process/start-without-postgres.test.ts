import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { createTestDatabase } from '../support/database.ts'
import { createBackend, OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { type PostriderProcess, runToEnd, startProcess } from '../support/process.ts'
import { startProxy } from '../support/proxy.ts'
import { startReceiver } from '../support/receiver.ts'

const WAITS = 'waits for its database'

test.concurrent('without Postgres it lives, is not ready and refuses retryably; when Postgres comes it goes on by itself', async () => {
  await using database = await createTestDatabase()
  await using proxy = await startProxy(database.url)
  await using receiver = await startReceiver()
  proxy.cut()
  await using waiting = await startWaiting(proxy.url)
  expect((await fetch(`${waiting.url}/healthz`)).status).toBe(200)
  const readiness = await fetch(`${waiting.url}/readyz`)
  expect(readiness.status).toBe(503)
  // Strangers read it: what Postgres says is in the log only.
  expect(await readiness.json()).toEqual({ status: 'not ready', reason: 'Waiting for the database' })
  const refused = await fetch(`${waiting.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { kind } }' }),
  })
  expect(refused.status).toBe(503)
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
  const socket = new WebSocket(`${waiting.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${OPERATOR_KEY}` } }))
  // Try again later.
  expect((await once(socket, 'close'))[0]).toBe(1_013)
  expect(waiting.output).not.toContain('is ready at')

  proxy.mend()
  await waiting.said('is ready at')
  expect((await fetch(`${waiting.url}/readyz`)).status).toBe(200)
  const backend = await createBackend({ url: waiting.url, key: OPERATOR_KEY })
  const { organizationId } = await backend.hook(receiver.url)
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(1)
  expect(await waiting.kill('SIGTERM')).toBe(0)
})

test.concurrent('each try is a line in the log: where, why, and when the next one is, the pauses growing', async () => {
  await using waiting = await startWaiting('postgres://me:sesame@127.0.0.1:1/postrider?application_name=x')
  await vi.waitFor(() => expect(tries(waiting).length).toBeGreaterThanOrEqual(3), { timeout: 30_000 })
  const lines = tries(waiting)
  expect(lines[0]).toMatchObject({ database: '127.0.0.1:1/postrider', reason: 'nothing listens there' })
  lines.forEach(({ retryInMs }, i) => {
    expect(retryInMs).toBeGreaterThanOrEqual(500 * 2 ** i)
    expect(retryInMs).toBeLessThanOrEqual(1_000 * 2 ** i)
  })
  expect(waiting.output).not.toContain('sesame')
  // Said once, however long it lasts.
  expect(waiting.output.split(WAITS)).toHaveLength(2)
})

test.concurrent('SIGTERM ends the wait at once, also for a server that takes connections and says nothing', async () => {
  const mute = createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const address = mute.address() as { port: number }
  await using waiting = await startWaiting(`postgres://127.0.0.1:${address.port}/postrider`)
  expect(tries(waiting)[0]).toMatchObject({ reason: 'it does not answer' })
  // In the middle of the next try.
  await once(mute, 'connection')
  const before = tries(waiting).length
  expect(await waiting.kill('SIGTERM')).toBe(0)
  // The try was cut off: it did not come to its end.
  expect(tries(waiting)).toHaveLength(before)
  mute.close()
})

test.concurrent('a wrong password and a missing database are told, and it goes on when somebody mends them', async () => {
  await using database = await createTestDatabase()
  const name = `late_${new URL(database.url).pathname.slice(1)}`
  await database.query(`create role ${name} superuser login password 'old'`)
  const url = new URL(database.url)
  url.username = name
  url.password = 'new'
  url.pathname = name
  await using waiting = await startWaiting(url.href)
  expect(tries(waiting)[0]!.reason).toBe(`password authentication failed for user "${name}"`)
  expect(await (await fetch(`${waiting.url}/readyz`)).text()).not.toMatch(new RegExp(`password|${name}`))
  await database.query(`alter role ${name} password 'new'`)
  await waiting.said(`database \\"${name}\\" does not exist`)
  await database.query(`create database ${name}`)
  await waiting.said('is ready at')
  expect(await waiting.kill('SIGTERM')).toBe(0)
  await database.query(`drop database ${name} with (force)`)
  await database.query(`drop role ${name}`)
}, 120_000)

test.concurrent('a Postgres that is too old, and a URL that is none, end the process and say so', async () => {
  await using database = await createTestDatabase()
  const name = new URL(database.url).pathname.slice(1)
  // The server of the tests is new. This database of it says otherwise.
  await database.query(
    "create function public.current_setting(text) returns text language sql return case $1 when 'server_version_num' then '140011' else '14.11' end",
  )
  await database.query(`alter database ${name} set search_path = public, pg_catalog`)
  const old = await runToEnd({ environment: { ...TEST_ENVIRONMENT, DATABASE_URL: database.url } })
  expect(old).toMatchObject({ exitCode: 1, stdout: '' })
  expect(old.stderr).toBe('DATABASE_URL points to Postgres 14.11; Postrider needs 15 or newer\n')
  const bad = await runToEnd({ environment: { ...TEST_ENVIRONMENT, DATABASE_URL: 'postgres://me:pa/ss@localhost/x' } })
  expect(bad.exitCode).toBe(1)
  expect(bad.stderr).toContain('DATABASE_URL is a postgres:// URL')
  expect(bad.stderr).not.toContain('pa/ss')
})

test.concurrent('processes that start together on an empty database all become ready', async () => {
  await using database = await createTestDatabase()
  const name = `empty_${new URL(database.url).pathname.slice(1)}`
  await database.query(`create database ${name}`)
  const url = new URL(database.url)
  url.pathname = name
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: url.href }
  const started = await Promise.all([1, 2, 3].map(() => startProcess({ environment })))
  for (const one of started) expect((await fetch(`${one.url}/readyz`)).status).toBe(200)
  expect(await Promise.all(started.map((one) => one.kill('SIGTERM')))).toEqual([0, 0, 0])
  for (const one of started) await one[Symbol.asyncDispose]()
  await database.query(`drop database ${name} with (force)`)
}, 120_000)

async function startWaiting(databaseUrl: string): Promise<PostriderProcess> {
  const waiting = await startProcess({ environment: { ...TEST_ENVIRONMENT, DATABASE_URL: databaseUrl }, until: WAITS })
  // The log is a pipe of its own, and may lag behind what is printed.
  await waiting.said('"retryInMs":')
  return waiting
}

interface Try {
  readonly database: string
  readonly reason: string
  readonly retryInMs: number
}

function tries({ output }: PostriderProcess): Try[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line)).filter((line) => line.retryInMs !== undefined)
}
