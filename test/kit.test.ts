import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, inject, test, vi } from 'vitest'
import webhook from '../plugins/webhook/index.ts'
import { checkConnector } from '../src/kit/check-connector.ts'
import type { Finding, Group } from '../src/kit/finding.ts'
import acme from '../src/kit/template/index.ts'
import { base } from './kit/broken/base.ts'
import classify, { content } from './kit/broken/classify.ts'
import contained from './kit/broken/contained.ts'
import fast from './kit/broken/fast.ts'
import golden from './kit/broken/golden.ts'
import live from './kit/broken/live.ts'
import manifest from './kit/broken/manifest.ts'
import pure, { clock, counter } from './kit/broken/pure.ts'
import samples from './kit/broken/samples.ts'
import schema from './kit/broken/schema.ts'
import secrets from './kit/broken/secrets.ts'

vi.setConfig({ testTimeout: 120_000 })

const databaseUrl = inject('postgresUrl')

const failed = (findings: readonly Finding[]) => findings.filter(({ status }) => status === 'failed')
const messagesOf = (findings: readonly Finding[]) => failed(findings).flatMap(({ messages }) => messages)

test.each([
  ['webhook', webhook, 'plugins/webhook'],
  ['the template of a new one', acme, 'src/kit/template'],
])('a good connector passes: %s', async (_, definition, folder) => {
  const findings = await checkConnector(definition, { databaseUrl, folder: await withGolden(definition, folder) })
  expect(failed(findings)).toEqual([])
  expect(findings.filter(({ status }) => status === 'skipped')).toEqual([])
})

test('the connector that the broken ones are made of is a good one', async () => {
  expect(failed(await checkConnector(base, { databaseUrl }))).toEqual([])
})

test.each<[string, Group, unknown, RegExp[]]>([
  [
    'a text in two lines, and a way that leads from nowhere',
    'manifest',
    manifest,
    [/^migrate does not/, /^description/],
  ],
  [
    'what no form can draw',
    'schema',
    schema,
    [/"prefixItems"/, /nested\.deep has no title/, /deep has no descr/, /strictObject/],
  ],
  ['what it should refuse', 'samples', samples, [/^it is accepted/, /refused at credentials\.token instead/]],
  [
    'secrets that are shown',
    'secrets',
    secrets,
    [/apiKey looks like/, /recorded/, /classify says.*backwards/, /label/, /console/],
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
    [/^check does not end/, /options\.channel leaves a promise/, /options returned nonsense/, /onCreate is content/],
  ],
  ['one thing at a time', 'live', live, [/a delivery is FAILED after 1 attempts: .*It is busy/]],
])('%s is caught by its group and by no other: %s', async (_, group, definition, patterns) => {
  const findings = await checkConnector(definition, { databaseUrl })
  expect([...new Set(failed(findings).map((finding) => finding.group))]).toEqual([group])
  for (const pattern of patterns) expect.soft(messagesOf(findings)).toContainEqual(expect.stringMatching(pattern))
})

async function withGolden(definition: unknown, folder: string): Promise<string> {
  void definition
  return folder
}
void [mkdtemp, rm, tmpdir, path]
