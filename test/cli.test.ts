import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCliHere, runJsonHere } from './support/cli.ts'
import { createTestDatabase } from './support/database.ts'
import { freePort } from './support/free-port.ts'
import {
  type Backend,
  OPERATOR_KEY,
  startTestPostrider,
  TEST_ENVIRONMENT,
  type TestPostrider,
} from './support/postrider.ts'
import { checkout, temporaryFolder } from './support/process.ts'

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
  await backend.organization()
})
afterAll(() => postrider?.[Symbol.asyncDispose]())

const COMMANDS = [
  'serve',
  'migrate',
  'secrets rotate',
  'catalogue import',
  'tail',
  'listen',
  'events publish',
  'destinations list',
  'destinations create',
  'destinations test',
  'destinations upgrade',
  'destinations delete',
  'deliveries list',
  'deliveries retry',
  'connector new',
  'connector check',
]

test('--version says which it is', async () => {
  const { version } = JSON.parse(await readFile(path.join(checkout, 'package.json'), 'utf8'))
  expect(await runCliHere(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
})

test('help names every command and every exit code', async () => {
  const { exitCode, stdout, stderr } = await runCliHere(['--help'])
  expect([exitCode, stderr]).toEqual([0, ''])
  for (const command of COMMANDS) {
    const [noun, verb = ''] = command.split(' ')
    expect.soft(stdout).toMatch(new RegExp(`^  ${noun} .*${verb}`, 'm'))
  }
  for (const code of [0, 1, 2, 3, 4, 5]) expect.soft(stdout).toMatch(new RegExp(`^  ${code}  \\w`, 'm'))
})

test.each(COMMANDS)('%s --help describes each option and has an example', async (command) => {
  const { exitCode, stdout, stderr } = await runCliHere([...command.split(' '), '--help'])
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ .*postrider(?: ${command})?`))
  // Commander puts a description that is missing nowhere: the line ends with the option.
  expect(stdout).not.toMatch(/^ {2}-[^ ]*( <[^>]*>)?$/m)
})

test.each([
  ['an unknown command', ['telegraph'], "unknown command 'telegraph'"],
  ['an unknown command of a group', ['events', 'pubish'], 'Did you mean publish?'],
  ['an unknown option', ['tail', '--colour'], "unknown option '--colour'"],
  ['an unknown option of the server', ['--bogus'], "unknown option '--bogus'"],
  ['a group without a command', ['destinations'], 'Usage: postrider destinations'],
  ['a missing argument', ['destinations', 'test', '--event-type', 'a'], "missing required argument 'id'"],
  ['a missing option', ['events', 'publish', '--type', 'a', '--data', '{}'], "'--organization <id>' not specified"],
  ['too many arguments', ['tail', 'more'], 'too many arguments'],
  ['a role that there is not', ['serve', '--role', 'bogus'], 'Allowed choices are all, api, worker'],
  ['a number out of range', ['tail', '--last', '101'], 'a whole number from 1 to 100'],
  ['no such choice', ['tail', '--outcome', 'fine'], 'Allowed choices are success, retryable, permanent, failed'],
  ['options that exclude each other', ['tail', '--after', 'x', '--cursor-file', 'y'], 'cannot be used with'],
  ['a URL that is none', ['listen', '--forward', 'localhost:3000'], 'an http:// or https:// URL'],
  ['no data', ['events', 'publish', '--organization', 'o', '--type', 'a'], 'Give --data or --data-file'],
  ['broken JSON', ['events', 'publish', '--organization', 'o', '--type', 'a', '--data', '{'], '--data is no JSON'],
  ['settings that are no object', ['destinations', 'create', '--organization', 'o', '--config', '[]'], 'JSON object'],
  ['a name that is no key', ['connector', 'new', 'My Thing'], 'lower-case letters, digits and dashes'],
  ['settings of a server without a config', ['connector', 'check', '.', '--live', '{}'], '--live has a config'],
  ['an upgrade of nothing', ['destinations', 'upgrade'], 'Give an id, or --connector'],
  ['a destination to nowhere', ['destinations', 'create', '--organization', 'o'], 'Give --to or --config'],
])('%s is wrong usage: 2', async (_, args, message) => {
  const { exitCode, stdout, stderr } = await runCliHere(args, { endpoint: backend.endpoint })
  expect(stderr).toContain(message)
  expect(stderr).not.toContain('    at ')
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
})

test('a wrong POSTRIDER_URL, and a wish that two organizations could mean, are wrong usage too', async () => {
  const none = await runCliHere(['destinations', 'list'], { environment: { POSTRIDER_URL: 'here' } })
  expect(none).toEqual({ exitCode: 2, stdout: '', stderr: 'POSTRIDER_URL is an http:// or https:// URL, not "here"\n' })
  const several = await postrider.application()
  await several.organization('one')
  await several.organization('two')
  const which = await runCliHere(['listen', '--forward', 'http://127.0.0.1:9/'], { endpoint: several.endpoint })
  expect(which).toEqual({ exitCode: 2, stdout: '', stderr: 'Which organization? Give --organization.\n' })
})

test.each([
  ['what the server finds wrong with a cursor', ['tail', '--after', 'x'], /^after: is no cursor/],
  ['an organization that is not there', ['tail', '--organization', 'x'], /^organization: there is no organization "x"/],
  ['a destination that is not there', ['destinations', 'delete', 'dst_x'], /^id: there is no destination dst_x/],
  [
    'a destination that is not there, to listen to',
    ['listen', '--forward', 'http://127.0.0.1:9/', '--destination', 'dst_x'],
    /^destination: /,
  ],
])('%s is refused, field by field: 3', async (_, args, message) => {
  const { exitCode, stdout, stderr } = await runCliHere(args, { endpoint: backend.endpoint })
  expect(stderr).toMatch(message)
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
})

test('no key, a wrong one, and one that may not do this: 4', async () => {
  const { url } = postrider
  const none = await runCliHere(['destinations', 'list', '--url', url])
  expect(none.stderr).toBe('There is no key: give --key, or set POSTRIDER_API_KEY\n')
  const wrong = await runCliHere(['destinations', 'list', '--url', url, '--key', 'nope'])
  expect(wrong.stderr).toBe('This key is wrong or was revoked\n')
  const wrongFeed = await runCliHere(['tail', '--url', url, '--key', 'nope'])
  expect(wrongFeed.stderr).toBe('This key is wrong or was revoked\n')
  const outside = await runCliHere(['destinations', 'list', '--url', url, '--key', OPERATOR_KEY])
  expect(outside.stderr).toContain('postrider-application')
  const broken = await runCliHere(['destinations', 'list', '--url', url, '--key', 'two\nlines'])
  expect(broken.stderr).toBe('A key has no blanks or line breaks, and no letters but a to z\n')
  expect([none, wrong, wrongFeed, outside, broken].map((ended) => ended.exitCode)).toEqual([4, 4, 4, 4, 4])
})

test('a server that is away, that cannot answer now, or that is no Postrider: 1', async () => {
  const answers = [
    '{"errors":[{"message":"Not \\u001b[2J available now","extensions":{"code":"UNAVAILABLE"}}]}',
    '<html>',
  ]
  const other = createServer((_, response) => response.writeHead(503).end(answers.shift()))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const list = (at = url) => runCliHere(['destinations', 'list', '--url', at, '--key', 'k'])
  // Nor does what a server says steer the terminal.
  expect(await list()).toEqual({ exitCode: 1, stdout: '', stderr: 'Not \uFFFD[2J available now\n' })
  const stranger = await list()
  expect(stranger).toMatchObject({ exitCode: 1, stdout: '' })
  expect(stranger.stderr).toMatch(`No Postrider answers at ${url}: `)
  await new Promise((resolve) => other.close(resolve))
  const away = await list(`http://127.0.0.1:${await freePort()}`)
  expect(away).toMatchObject({ exitCode: 1, stdout: '' })
  expect(away.stderr).toMatch(/^No Postrider answers at \S+: connect ECONNREFUSED .*\n$/)
})

test('a server of this folder is opened with its demo key, also when it is not that server’s', async () => {
  await using folder = await temporaryFolder()
  const environment = { POSTRIDER_DATA_DIR: folder.path, POSTRIDER_URL: backend.endpoint.url }
  const keep = (apiKey: string) => writeFile(path.join(folder.path, 'demo.json'), JSON.stringify({ apiKey }))
  await keep(backend.endpoint.key)
  const { exitCode, document } = await runJsonHere(['destinations', 'list'], { environment })
  expect({ exitCode, count: document.totalCount }).toEqual({ exitCode: 0, count: 0 })
  await keep('prk_of_another')
  const other = await runCliHere(['destinations', 'list'], { environment })
  expect(other.exitCode).toBe(4)
  expect(other.stderr).toMatch(/^The demo key of \S+ is not one of \S+: give --key/)
  const elsewhere = { ...environment, POSTRIDER_URL: 'http://postrider.invalid' }
  expect((await runCliHere(['destinations', 'list'], { environment: elsewhere })).stderr).toMatch(/^There is no key/)
})

test('the operator key acts in the application that is named', async () => {
  const args = ['destinations', 'list', '--key', OPERATOR_KEY, '--url', postrider.url]
  const { exitCode, document } = await runJsonHere([...args, '--application', backend.applicationId])
  expect({ exitCode, count: document.totalCount }).toEqual({ exitCode: 0, count: 0 })
})

test('migrate brings an empty database up to date, and says what it did', async () => {
  await using database = await createTestDatabase()
  const name = `empty_${new URL(database.url).pathname.slice(1)}`
  await database.query(`create database ${name}`)
  const url = new URL(database.url)
  url.pathname = name
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: url.href }
  const first = await runCliHere(['migrate'], { environment })
  expect(first).toMatchObject({ exitCode: 0, stderr: '' })
  expect(first.stdout).toMatch(/^applied {2}001-first\napplied .* \(pg-boss\): none -> \d+\n$/)
  expect(await runCliHere(['migrate'], { environment })).toEqual({
    exitCode: 0,
    stdout: 'The database is up to date: nothing was to be done.\n',
    stderr: '',
  })
  const { document } = await runJsonHere(['migrate'], { environment })
  expect(document).toMatchObject({ migrations: [] })
  expect(document.jobTables.after).toBe(document.jobTables.before)
  await database.query(`drop database ${name} with (force)`)

  const away = { ...environment, DATABASE_URL: 'postgres://me:sesame@127.0.0.1:1/postrider' }
  expect(await runCliHere(['migrate'], { environment: away })).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'The database 127.0.0.1:1/postrider cannot be used: nothing listens there\n',
  })
})
