import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { attemptsOf } from '../support/attempts.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { dumpOf } from '../support/dump.ts'
import {
  type Backend,
  backendOf,
  createBackend,
  OPERATOR_KEY,
  startTestPostrider,
  TEST_ENVIRONMENT,
} from '../support/postrider.ts'
import { runToEnd, startProcess, temporaryFolder } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const TOKEN = 'Bearer token-of-the-customer-4711'
const OWN_SECRET = 'signing-secret-that-the-customer-chose'

test.concurrent('secrets are sealed anew with the first key, beside a running server, and then the old key can go', async () => {
  await using database = await createTestDatabase()
  await using receiver = await startReceiver()
  const [old, fresh] = [key('old'), key('fresh')]
  const withKeys = (keys: string) => ({ ...TEST_ENVIRONMENT, DATABASE_URL: database.url, POSTRIDER_SECRET_KEYS: keys })
  const rotate = (keys: string) => runToEnd({ environment: withKeys(keys), args: ['secrets', 'rotate'] })
  let hook: Awaited<ReturnType<typeof makeSecrets>>
  let backend: Backend
  {
    await using before = await startTestPostrider({ POSTRIDER_SECRET_KEYS: old }, { database })
    backend = await before.application()
    hook = await makeSecrets(backend, receiver.url)
    const done = await rotate(`${fresh},${old}`)
    expect(done.stdout).toContain('3 secrets are sealed with the key "fresh" now.')
    expect(done.exitCode).toBe(0)
  }
  expect(await sealedWith(database)).toEqual(new Set(['fresh']))
  expect((await rotate(`${fresh},${old}`)).stdout).toContain('0 secrets')

  await using after = await startTestPostrider({ POSTRIDER_SECRET_KEYS: fresh }, { database })
  const moved = backendOf({ ...backend.endpoint, url: after.url }, backend.applicationId)
  await publishOnce(moved, hook.organizationId)
  expect((await receiver.request(1)).headers).toMatchObject({ authorization: TOKEN })
})

test.concurrent('a key that is missing is said, and nothing is lost', async () => {
  await using database = await createTestDatabase()
  const old = key('old')
  {
    await using postrider = await startTestPostrider({ POSTRIDER_SECRET_KEYS: old }, { database })
    await makeSecrets(await postrider.application(), 'http://127.0.0.1:9/')
  }
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, POSTRIDER_SECRET_KEYS: key('other') }
  const done = await runToEnd({ environment, args: ['secrets', 'rotate'] })
  expect(done.exitCode).toBe(1)
  expect(done.stdout).toContain('3 secrets do not open with the keys given')
  expect(await sealedWith(database)).toEqual(new Set(['old']))
})

test.concurrent('no table, log, answer or feed of a whole run holds a secret in the clear', async () => {
  await using database = await createTestDatabase()
  await using folder = await temporaryFolder()
  // A receiver that answers with everything that it was sent.
  await using receiver = await startReceiver((request, n) => (response) => {
    response.writeHead(n % 2 === 0 ? 200 : 500, { 'x-echo': String(request.headers.authorization) })
    response.end(JSON.stringify(request.headers))
  })
  const environment = {
    ...TEST_ENVIRONMENT,
    DATABASE_URL: database.url,
    POSTRIDER_DATA_DIR: folder.path,
    POSTRIDER_LOG_LEVEL: 'trace',
  }
  const server = await startProcess({ environment })
  const backend = await createBackend({ url: server.url, key: OPERATOR_KEY }, { retryDelays: [0] })
  const { organizationId, id } = await makeSecrets(backend, receiver.url)
  await publishOnce(backend, organizationId)
  await attemptsOf(backend, 2)
  const rotated = await backend.send(documents.DestinationSecretRotateDocument, { input: { id } })
  await publishOnce(backend, organizationId)
  await attemptsOf(backend, 3)
  const { destinations } = await backend.send(documents.DestinationsDocument, {})
  const { deliveryAttempts } = await backend.send(documents.DeliveryAttemptsDocument, {})
  await server.kill('SIGTERM')
  await server[Symbol.asyncDispose]()
  const generated = rotated.destinationSecretRotate.signingSecret!
  const secrets = [TOKEN.slice('Bearer '.length), OWN_SECRET, generated, backend.endpoint.key]
  const written = {
    log: server.output,
    files: await filesIn(folder.path),
    answers: JSON.stringify([destinations, deliveryAttempts]),
    ...(await dumpOf(database)),
  }
  expect(written.answers).toContain('[redacted]')
  const found = Object.entries(written).flatMap(([where, text]) =>
    secrets.flatMap((secret) => {
      const forms = [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), encodeURIComponent(secret)]
      return forms.some((form) => text.includes(form)) ? [`${where}: ${secret}`] : []
    }),
  )
  expect(found).toEqual([])
}, 120_000)

/** A destination with a signing secret of the customer's choice and a header, and one with another header. */
async function makeSecrets(backend: Backend, url: string) {
  await backend.eventType('a')
  const organizationId = await backend.organization()
  const headers = [{ name: 'Authorization', value: TOKEN }]
  const { id } = await backend.destination({ organizationId, url, headers, signingSecret: OWN_SECRET })
  const elsewhere = await backend.organization('elsewhere')
  await backend.destination({ organizationId: elsewhere, url, headers, signingSecret: null })
  return { organizationId, id }
}

async function publishOnce(backend: Backend, organizationId: string): Promise<void> {
  await backend.send(documents.EventPublishDocument, { input: { organizationId, type: 'a', data: { n: 1 } } })
}

async function sealedWith(database: TestDatabase): Promise<Set<string>> {
  const rows = await database.query<{ sealed: string }>(
    `select secret as sealed from signing_secret union all select header_values from destination where header_values is not null`,
  )
  return new Set(rows.map(({ sealed }) => sealed.split('.')[1]!))
}

async function filesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return (await Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name), 'latin1')))).join('\n')
}
