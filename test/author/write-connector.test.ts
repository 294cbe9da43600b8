import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { ConnectorsDocument, DestinationDocument } from '../../src/client/generated/documents.ts'
import { runCli, runJson } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { blocksOf } from '../support/markdown.ts'
import { type Backend, backendOf, createBackend, OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { checkout, end, follow, temporaryFolder } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'

// docs/guides/write-a-connector.md, as a reader follows it: no npm registry is asked, what it would install is linked.

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const guide = await readFile(path.join(checkout, 'docs/guides/write-a-connector.md'), 'utf8')
const commands = blocksOf(guide).flatMap(({ language, text }) => (language === 'sh' ? text.trim().split('\n') : []))
const bin = path.join(checkout, 'node_modules/.bin')
const run = (command: string, args: readonly string[], cwd: string) =>
  promisify(execFile)(command, args, { cwd, env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } })

/** So that a check needs no Postgres of its own. */
const elsewhere = ['--database-url', inject('postgresUrl')]

let home: Awaited<ReturnType<typeof temporaryFolder>>
let folder: string
beforeAll(async () => {
  home = await temporaryFolder()
  folder = path.join(home.path, 'postrider-connector-acme')
})
afterAll(() => home?.[Symbol.asyncDispose]())

test('the guide has these commands, which the tests below run', () => {
  expect(commands).toEqual([
    'npx postrider connector new acme --dir ../postrider-connector-acme',
    'cd ../postrider-connector-acme',
    'npm install',
    'npx postrider connector check .',
    'npm test',
    'npx postrider connector check . --update',
    'npm run build',
    'npm pack',
    'npm publish',
    'npm install postrider-connector-acme@1.0.0',
    'POSTRIDER_CONNECTORS=postrider-connector-acme@1.0.0 npm start',
    'npx postrider destinations upgrade --connector acme --dry-run',
    'npx postrider destinations upgrade --connector acme',
  ])
})

test('a new connector passes its check before anything is installed', async () => {
  const made = await runCli(['connector', 'new', 'acme', '--dir', folder])
  expect(made).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('npm install') })
  const { exitCode, document } = await runJson(['connector', 'check', folder])
  const findings = document.findings as { group: string; status: string; messages: string[] }[]
  expect(findings.filter(({ status }) => status !== 'passed')).toEqual([])
  expect(exitCode).toBe(0)
  expect(document.connector).toBe('acme')
  expect(new Set(findings.map(({ group }) => group)).size).toBe(10)
})

test('without --dir it is a plugin in a checkout, and a folder of its own elsewhere', async () => {
  const [inside, outside] = [path.join(home.path, 'checkout/docs'), path.join(home.path, 'elsewhere')]
  await mkdir(inside, { recursive: true })
  await mkdir(outside)
  await writeFile(path.join(inside, '../package.json'), '{"name":"postrider"}')
  const make = (cwd: string) =>
    run(process.execPath, [path.join(checkout, 'bin/postrider.mjs'), 'connector', 'new', 'big-acme', '--json'], cwd)
  const plugin = JSON.parse((await make(inside)).stdout)
  expect(plugin.folder).toBe(path.join(home.path, 'checkout/plugins/big-acme'))
  const files = ['README.md', 'big-acme.test.ts', 'icon.svg', 'index.ts', 'package.json', 'tsconfig.json']
  expect(plugin.files.toSorted()).toEqual(files)
  expect(await readFile(path.join(plugin.folder, 'index.ts'), 'utf8')).toContain("displayName: 'Big Acme',")
  const own = JSON.parse((await make(outside)).stdout)
  expect(own.folder).toBe(path.join(outside, 'postrider-connector-big-acme'))
  expect(own.files.toSorted()).toEqual([...files, '.gitignore', 'vitest.config.ts'].toSorted())
})

test('a folder that is not empty is left alone: 2', async () => {
  const { exitCode, stderr } = await runCli(['connector', 'new', 'other', '--dir', folder])
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `${folder} is not empty\n` })
})

test('its own tests pass, and it builds against the types of the SDK alone', async () => {
  await install()
  await run('vitest', ['run'], folder)
  await run('npm', ['run', 'build'], folder)
  expect(await readFile(path.join(folder, 'dist/index.js'), 'utf8')).toContain("from 'postrider/connector'")
})

test('a request that changes is a finding, for the tests too, until it is taken', async () => {
  await edit('title: event.type,', "title: event.type + ' now',")
  const { exitCode, stdout } = await runCli(['connector', 'check', folder, ...elsewhere])
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(
    /^ {2}failed: golden\/order\.json holds: line \d+ was .*"order\.placed", and is .*"order\.placed now" now/m,
  )
  const golden = ['run', '-t', 'golden']
  await expect(run('vitest', golden, folder)).rejects.toThrow('golden/order.json holds')
  expect(await runCli(['connector', 'check', folder, '--update', ...elsewhere])).toMatchObject({ exitCode: 0 })
  await run('vitest', golden, folder)
})

test('a folder without a connector cannot be checked: 1', async () => {
  const { exitCode, stderr } = await runCli(['connector', 'check', home.path])
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('does not load: ') })
})

test('packed and unpacked beside a server it delivers, and its settings go along to the next major version', async () => {
  await using receiver = await startReceiver()
  await using database = await createTestDatabase()
  const site = path.join(home.path, 'site')
  const start = (version: string) => startServer(site, database.url, version)
  await unpack(site)
  let id: string
  let backend: Backend
  let organizationId: string
  {
    await using server = await start('1.0.0')
    backend = await createBackend(server.operator)
    const acme = (await backend.send(ConnectorsDocument, {})).connectors.find(({ key }) => key === 'acme')
    expect(acme).toMatchObject({ status: 'READY', version: '1.0.0' })
    await backend.eventType('order.placed')
    organizationId = await backend.organization()
    const settings = { config: { url: receiver.url }, credentials: { token: 'a-token-of-the-tests' } }
    ;({ id } = await backend.destination({ organizationId, connector: 'acme', ...settings }))
    await backend.publish({ organizationId, type: 'order.placed', data: { id: 'ord_1' } })
    const { body, headers } = await receiver.request(1)
    expect(JSON.parse(body)).toMatchObject({ title: expect.stringContaining('order.placed'), data: { id: 'ord_1' } })
    expect(headers.authorization).toBe('Bearer a-token-of-the-tests')
  }
  await nextMajor()
  await unpack(site)
  await using server = await start('2.0.0')
  const options = { endpoint: { url: server.operator.url, key: backend.endpoint.key } }
  const later = backendOf(options.endpoint, backend.applicationId)
  expect((await later.send(DestinationDocument, { id })).destination!.waitingReason).toContain('upgraded to 2.0.0')

  const upgrade = ['destinations', 'upgrade', '--connector', 'acme']
  const dry = await runJson([...upgrade, '--dry-run'], options)
  const upgraded = { id, fromMajor: 1, toMajor: 2, config: { url: receiver.url, list: 'Inbox' } }
  expect(dry).toMatchObject({ exitCode: 0, document: { dryRun: true, destinations: [upgraded] } })
  expect((await later.send(DestinationDocument, { id })).destination!.config).toEqual({ url: receiver.url })
  expect((await runCli(upgrade, options)).stdout).toMatch(/^dst_\w+ {2}went from 1 to 2 {2}\{.*"list":"Inbox"/)
  expect((await runCli(['destinations', 'upgrade', id], options)).stdout).toContain('up to date')
  await later.publish({ organizationId, type: 'order.placed', data: { id: 'ord_2' } })
  expect(JSON.parse((await receiver.request(2)).body)).toMatchObject({ data: { id: 'ord_2' }, list: 'Inbox' })

  const none = await runCli(['destinations', 'upgrade', '--connector', 'webhook'], options)
  expect(none).toMatchObject({ exitCode: 0, stdout: 'There is no such destination.\n' })
  const unknown = await runCli(['destinations', 'upgrade', 'dst_x'], options)
  expect(unknown).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/^id: there is no destination/) })
  const both = await runCli([...upgrade, id], options)
  expect(both).toMatchObject({ exitCode: 2, stderr: 'Which? Give an id, or --connector.\n' })
})

/** npm install, of what is on this machine already; the types of the SDK as `npm run prepare` writes them. */
async function install(): Promise<void> {
  const modules = path.join(folder, 'node_modules')
  const postrider = path.join(modules, 'postrider')
  await mkdir(path.join(modules, '@types'), { recursive: true })
  await mkdir(path.join(postrider, 'dist'), { recursive: true })
  for (const name of ['zod', 'vitest', 'typescript', '@types/node'])
    await symlink(path.join(checkout, 'node_modules', name), path.join(modules, name))
  for (const name of ['dist/server', 'schema', 'node_modules'])
    await symlink(path.join(checkout, name), path.join(postrider, name))
  await cp(path.join(checkout, 'package.json'), path.join(postrider, 'package.json'))
  const script = path.join(checkout, 'scripts/write-sdk-types.ts')
  await run(process.execPath, [script, path.join(postrider, 'dist')], checkout)
}

async function edit(before: string, after: string): Promise<void> {
  const file = path.join(folder, 'index.ts')
  const text = await readFile(file, 'utf8')
  expect(text).toContain(before)
  await writeFile(file, text.replace(before, after))
}

/** As the guide shows it. */
async function nextMajor(): Promise<void> {
  const [migrate] = blocksOf(guide).flatMap(({ language, text }) =>
    text.includes('migrate:') && language === 'ts' ? text : [],
  )
  await edit("version: '1.0.0',", `version: '2.0.0',\n${migrate}`)
  await edit('config: z.strictObject({', 'config: z.strictObject({\n    list: z.string().min(1),')
  await edit('data: event.data }', 'data: event.data, list: config.list }')
  await edit("config: { url: 'https", "config: { list: 'Inbox', url: 'https")
  const manifest = path.join(folder, 'package.json')
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"version": "1.0.0"', '"version": "2.0.0"'))
}

/** npm pack, and what npm install makes of it. */
async function unpack(site: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--loglevel', 'error'], folder)
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')))
  const names = (files as { path: string }[]).map((file) => file.path)
  expect(names.toSorted()).toEqual(['README.md', 'dist/index.js', 'icon.svg', 'package.json'])
  const into = path.join(site, 'node_modules/postrider-connector-acme')
  await rm(into, { recursive: true, force: true })
  await mkdir(into, { recursive: true })
  await run('tar', ['-xzf', path.join(folder, filename), '-C', into, '--strip-components', '1'], site)
}

async function startServer(site: string, databaseUrl: string, version: string) {
  const child: ChildProcess = spawn(process.execPath, [path.join(checkout, 'bin/postrider.mjs')], {
    cwd: site,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...TEST_ENVIRONMENT,
      DATABASE_URL: databaseUrl,
      POSTRIDER_CONNECTORS: `postrider-connector-acme@${version}`,
      POSTRIDER_STRICT_CONNECTORS: 'on',
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = follow(child)
  await output.said('is ready at ')
  const url = /is ready at (\S+)\/graphql/.exec(output.text())![1]!
  return {
    operator: { url, key: OPERATOR_KEY },
    [Symbol.asyncDispose]: async () => void (await end(child, 'SIGTERM')),
  }
}
