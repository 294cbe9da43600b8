import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, test, vi } from 'vitest'
import webhook from '../../plugins/webhook/index.ts'
import { checkConnector } from '../../src/kit/check-connector.ts'
import { type Finding, type Group, groups } from '../../src/kit/finding.ts'
import { temporaryFolder } from '../support/process.ts'
import { base } from './broken/base.ts'
import classify, { content } from './broken/classify.ts'
import contained from './broken/contained.ts'
import fast from './broken/fast.ts'
import golden from './broken/golden.ts'
import hostile from './broken/hostile.ts'
import live from './broken/live.ts'
import manifest, { nameless } from './broken/manifest.ts'
import places, { told } from './broken/places.ts'
import pure, { clock, counter } from './broken/pure.ts'
import samples from './broken/samples.ts'
import schema from './broken/schema.ts'
import secrets from './broken/secrets.ts'
import line, { startLineServer } from './line.ts'

vi.setConfig({ testTimeout: 120_000 })

const database = { databaseUrl: inject('postgresUrl'), template: inject('template') }
const rootDir = path.resolve(import.meta.dirname, '../..')
/** No database can be made there: the live group ends at once. */
const withoutServer = { databaseUrl: 'postgres://127.0.0.1:1/' }

// The one that shows its secrets does so while other groups try it, too.
vi.spyOn(console, 'log').mockImplementation(() => undefined)

const failed = (findings: readonly Finding[]) => findings.filter(({ status }) => status === 'failed')
const messagesOf = (findings: readonly Finding[]) => failed(findings).flatMap(({ messages }) => messages)

test('a good connector passes, and its golden requests are those that vitest keeps', async () => {
  const findings = await checkConnector(webhook, { ...database, folder: path.join(rootDir, 'plugins/webhook') })
  expect(findings.filter(({ status }) => status !== 'passed')).toEqual([])
  expect(new Set(findings.map(({ group }) => group))).toEqual(
    new Set(groups.filter((group) => group !== 'contained' && group !== 'hostile')),
  )
})

test('the connector that the broken ones are made of is a good one', async () => {
  expect(failed(await checkConnector(base, database))).toEqual([])
})

test.each<[string, Group, unknown, RegExp[]]>([
  [
    'a text in two lines, and a way that leads from nowhere',
    'manifest',
    manifest,
    [/^migrate does not/, /^description/],
  ],
  ['a key that is none', 'manifest', nameless, [/key: is lower-case letters/]],
  [
    'what no form can draw',
    'schema',
    schema,
    [/"prefixItems"/, /nested\.deep has no title/, /deep has no descr/, /strictObject/],
  ],
  [
    'what it should refuse',
    'samples',
    samples,
    [/^It is no hook/, /^it is accepted/, /refused at credentials\.token instead/],
  ],
  [
    'secrets that are shown',
    'secrets',
    secrets,
    [/apiKey looks like/, /recorded/, /classify says.*backwards/, /label/, /console/],
  ],
  [
    'a server that credentials would follow to unnoticed',
    'secrets',
    places,
    [
      /^with another config\.workspace, buildRequest reaches https:\/\/canary.*example\.org: name .* sendsCredentialsTo/,
    ],
  ],
  ['an input that changes', 'pure', pure, [/^it changes its input/]],
  ['the time of day', 'pure', clock, [/a year later, it gives something else/]],
  ['a count of its calls', 'pure', counter, [/a year later, it gives something else/]],
  ['slowness', 'fast', fast, [/^slow in buildRequest \(over 50 ms\)/]],
  ['data that is no object', 'golden', golden, [/^it throws: Cannot read prop/]],
  ['contentment with any answer', 'classify', content, [/429 is read as success/, /read as success, not as retry/]],
  ['a delay that is lost', 'classify', classify, [/delay of Retry-After is lost/, /^HTML: /]],
  [
    'what hangs, leaks promises and returns nonsense',
    'contained',
    contained,
    [
      /^check does not end/,
      /options\.channel leaves a promise/,
      /options returned nonsense/,
      /onCreate is content/,
      /onDelete throws holds a credential in hex/,
    ],
  ],
  [
    'a parser that throws in a turn of its own',
    'hostile',
    hostile,
    [
      /^deliver throws where nobody can catch it: Error: That is not text \(seeds \d+ to \d+\)/,
      /^deliver calls it success/,
    ],
  ],
  ['one thing at a time', 'live', live, [/a delivery is FAILED after 1 attempts: .*It is busy/]],
])('%s is caught by its group and by no other: %s', async (_, group, definition, patterns) => {
  const findings = await checkConnector(definition, database)
  expect([...new Set(failed(findings).map((finding) => finding.group))]).toEqual([group])
  for (const pattern of patterns) expect.soft(messagesOf(findings)).toContainEqual(expect.stringMatching(pattern))
})

test('a connector that says where its credentials go passes', async () => {
  const findings = await checkConnector(told, withoutServer)
  expect(failed(findings).filter(({ group }) => group !== 'live')).toEqual([])
})

test('a connector that opens sockets says why its live group is skipped, and takes a real server', async () => {
  const without = await checkConnector(line, database)
  expect(failed(without)).toEqual([])
  expect(without.find(({ group }) => group === 'live')).toMatchObject({
    status: 'skipped',
    messages: [expect.stringContaining('options.live')],
  })

  const lines: string[] = []
  await using server = await startLineServer((text) => lines.push(text))
  const live = { config: { hostname: '127.0.0.1', port: server.port }, credentials: { token: 'a-token-of-the-tests' } }
  const findings = await checkConnector(line, { ...database, live })
  expect(findings.find(({ group }) => group === 'live')).toMatchObject({ status: 'passed' })
  const sent = lines.map((text) => /^a-token-of-the-tests (.*)$/.exec(text)?.[1])
  expect(sent.map((body) => JSON.parse(body!).data.total).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('golden requests that are missing, or others than before, are findings until they are written', async () => {
  await using home = await temporaryFolder()
  const look = async (update = false) =>
    (await checkConnector(base, { folder: home.path, update, ...withoutServer })).filter(
      ({ group }) => group === 'golden',
    )
  expect(messagesOf(await look())).toContain('golden/order.json is missing: --update writes it')
  expect(failed(await look(true))).toEqual([])
  expect(failed(await look())).toEqual([])
  const file = path.join(home.path, 'golden/null.json')
  const text = await readFile(file, 'utf8')
  expect(text).toContain('"authorization": "Bearer [redacted]"')
  await writeFile(file, text.replace('"data": null', '"data": 1'))
  expect(messagesOf(await look())).toEqual([
    'line 12 was "data": 1, and is "data": null now (--update when it is meant)',
  ])
})
