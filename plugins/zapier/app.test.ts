import { execFile } from 'node:child_process'
import { cp, symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as zapierPlatform from 'zapier-platform-core'
import * as documents from '../../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { checkout, temporaryFolder } from '../../test/support/process.ts'
import { startReceiver } from '../../test/support/receiver.ts'
import { refusalOf } from '../../test/support/zapier.ts'
import { authentication } from './app/authentication.ts'
import app from './app/index.ts'

// The integration as a whole, and its connection to the running server, in Zapier's own runtime.

// Its types leave this one out.
const { createAppHandler } = zapierPlatform as unknown as {
  createAppHandler(app: object): (event: { command: string }) => Promise<{ results: unknown }>
}
const zapier = zapierPlatform.createAppTester(app)
const run = promisify(execFile)

let postrider: TestPostrider
let backend: Backend
let organizationId: string
let authData: Record<string, string>
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application({ retryDelays: [] })
  organizationId = await backend.organization('acme')
  authData = { serverUrl: postrider.url, apiKey: backend.endpoint.key, organization: 'acme' }
})
afterAll(() => postrider[Symbol.asyncDispose]())

test("Zapier's validator has nothing against it", async () => {
  expect(await createAppHandler(app)({ command: 'validate' })).toMatchObject({ results: [] })
})

test('what its build makes loads in plain Node by the name of the package', async () => {
  await using folder = await temporaryFolder()
  const source = path.join(import.meta.dirname, 'app')
  await cp(path.join(source, 'package.json'), path.join(folder.path, 'package.json'))
  await symlink(path.join(checkout, 'node_modules'), path.join(folder.path, 'node_modules'))
  const tsc = path.join(checkout, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [tsc, '-p', source, '--outDir', path.join(folder.path, 'dist')])
  const script = `
    import zapier from 'zapier-platform-core'
    const { default: app } = await import('postrider-zapier')
    const { results } = await zapier.createAppHandler(app)({ command: 'validate' })
    console.log(JSON.stringify([app.version, app.platformVersion, results]))
  `
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder.path })
  expect(JSON.parse(stdout)).toEqual([app.version, '19.1.0', []])
}, 120_000)

describe('a connection', () => {
  const connect = (given: Record<string, string>) =>
    zapier(authentication.test, { authData: { ...authData, ...given } })

  test('says whose it is, by id, by external id, and by a portal session', async () => {
    const tested = { id: organizationId, organizationName: 'acme', applicationName: 'Test' }
    expect(await connect({})).toEqual(tested)
    expect(await connect({ organization: organizationId, serverUrl: `${postrider.url}/graphql/` })).toEqual(tested)
    const input = { organizationId }
    const { portalSessionCreate } = await backend.send(documents.PortalSessionCreateDocument, { input })
    expect(await connect({ organization: '', apiKey: portalSessionCreate.token! })).toEqual(tested)
    expect(await zapier(authentication.connectionLabel, { inputData: tested })).toBe('acme (Test)')
  })

  test.each([
    ['a wrong key', { apiKey: 'pk_wrong-key' }, 'does not know this API key'],
    ['a customer who is not there', { organization: 'nobody' }, 'no organization "nobody"'],
    ['no customer', { organization: '' }, 'Give the id or external id of an organization'],
    ['no URL', { serverUrl: 'postrider.example.com' }, 'no URL such as https://'],
    ['a server that does not answer', { serverUrl: 'http://127.0.0.1:9' }, 'ECONNREFUSED'],
  ])('with %s is refused, with what to do', async (_, given, message) => {
    const refusal = await refusalOf(connect(given))
    expect(refusal.message).toContain(message)
    expect(JSON.stringify(refusal)).not.toContain(authData.apiKey)
  })

  test('to something else than Postrider is refused', async () => {
    await using website = await startReceiver(() => (response) => response.writeHead(200).end('<html>'))
    expect((await refusalOf(connect({ serverUrl: website.url }))).message).toContain('No Postrider answers at')
    await using redirect = await startReceiver(() => (response) => {
      response.writeHead(302, { location: website.url }).end()
    })
    expect((await refusalOf(connect({ serverUrl: redirect.url }))).message).toContain('(HTTP 302)')
    expect(website.requests).toHaveLength(1)
  })
})

test('a server that asks to wait is asked again by Zapier when it said', async () => {
  await using busy = await startReceiver(() => (response) => response.writeHead(429, { 'retry-after': '7' }).end())
  expect(
    await refusalOf(zapier(authentication.test, { authData: { ...authData, serverUrl: busy.url } })),
  ).toMatchObject({ name: 'ThrottledError', delay: 7 })
})
