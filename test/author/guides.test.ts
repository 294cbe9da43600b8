import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { buildSchema, parse, validate } from 'graphql'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApplicationUpdateDocument } from '../../src/client/generated/documents.ts'
import type { ConnectorDefinition, DestinationHost } from '../../src/connector/index.ts'
import { compileFilter, compileTransform } from '../../src/evaluate/expression.ts'
import { attemptsOf } from '../support/attempts.ts'
import { anchorsOf, blocksOf, linksOf } from '../support/markdown.ts'
import { startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { prepareReader, type Reader } from '../support/reader.ts'
import { type ReceivedRequest, startReceiver } from '../support/receiver.ts'
import { runGuide } from '../support/run-guide.ts'

// The pages do what they say: operations are valid and run, links lead somewhere. Their TypeScript: follow-guide.test.ts and
// verify-guides.test.ts.

const rootDir = path.resolve(import.meta.dirname, '../..')
const read = (name: string) => readFile(path.join(rootDir, name), 'utf8')
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'plugins/webhook/README.md'],
  ...(await readdir(path.join(rootDir, 'docs'), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll(path.sep, '/')}`),
]

test.each(pages)('every operation in %s is valid', async (page) => {
  const schema = buildSchema(await read('schema/schema.graphql'))
  for (const { language, text } of blocksOf(await read(page)))
    if (language === 'graphql') expect(validate(schema, parse(text)), text).toEqual([])
})

test.each(pages)('every link in %s leads somewhere', async (page) => {
  const broken = await Promise.all(linksOf(await read(page)).map((link) => whatIsWrongWith(page, link)))
  expect(broken.filter(Boolean)).toEqual([])
})

async function whatIsWrongWith(page: string, link: string): Promise<string | undefined> {
  if (/^https?:/.test(link)) return undefined
  const [file, anchor] = link.split('#')
  const target = file ? path.join(path.dirname(page), file) : page
  if (!(await stat(path.join(rootDir, target)).catch(() => undefined))) return `${link}: there is no ${target}`
  if (anchor === undefined || anchorsOf(await read(target)).has(anchor)) return undefined
  return `${link}: ${target} has no such heading`
}

test('docs/api.md is what the schema says', async () => {
  const script = path.join(rootDir, 'scripts/write-api-page.ts')
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script, '--check'], { cwd: rootDir })
})

test('docs/connector-sdk.md has every export and every member of the SDK', async () => {
  const script = path.join(rootDir, 'scripts/write-sdk-page.ts')
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script, '--check'], { cwd: rootDir })
  const page = await read('docs/connector-sdk.md')
  const names = (await read('src/connector/index.ts')).matchAll(/^ {2}(?:type )?(\w+),$/gm)
  for (const [, name] of names) expect.soft(page).toContain(`### ${name}\n`)
  // By the types themselves, and not by the text that the page is written from.
  const members: { [K in keyof Required<ConnectorDefinition & DestinationHost>]: true } = {
    ...{ apiVersion: true, key: true, version: true, displayName: true, description: true, category: true },
    ...{
      config: true,
      credentials: true,
      rateLimit: true,
      sendsCredentialsTo: true,
      refine: true,
      target: true,
      buildRequest: true,
      classify: true,
    },
    ...{ deliver: true, check: true, options: true, onCreate: true, onDelete: true, migrate: true, samples: true },
    ...{ fetch: true, connect: true, signal: true, remember: true, share: true },
  }
  for (const name in members) expect.soft(page).toMatch(new RegExp(`^\\| \`${name}\\??\` \\| \`.+\` \\| .{8}`, 'm'))
})

test('every expression in a guide is right for the event that it is about', async () => {
  const data = { total: 250, coupon: 'X', tags: ['vip'], items: [{ sku: 'A1' }], email: 'ada@example.com' }
  const event = { id: 'evt_1', type: 'order.placed', createdAt: '2026-11-21T12:00:00.000Z', data }
  const input = { event, organization: { id: 'org_1', externalId: 'acme', name: 'Acme' } }
  const rows = (await read('docs/guides/shape-what-is-sent.md')).matchAll(/^\| `(.*event\..*?)` \|/gm)
  const expressions = [...rows].map(([, text]) => text!)
  const evaluate = (text: string) => (text.startsWith('{') ? compileTransform : compileFilter)(text).evaluate(input)
  expect(expressions.map(evaluate)).toEqual([true, true, true, true, true, '{"lines":["A1"]}'])
})

describe('a reader', () => {
  let postrider: TestPostrider
  beforeAll(async () => {
    postrider = await startTestPostrider()
  })
  afterAll(() => postrider[Symbol.asyncDispose]())

  async function follow(page: string, { backend, organizationId, id, receiver }: Reader, more: readonly string[] = []) {
    const setting = { endpoint: backend.endpoint, receiverUrl: receiver.url, ids: [organizationId, id, ...more] }
    return runGuide(await read(page), setting)
  }

  test('sends the first event', async () => {
    await using receiver = await startReceiver()
    const page = await read('docs/guides/send-the-first-event.md')
    const answers = await runGuide(page, { endpoint: postrider.operator, receiverUrl: receiver.url })
    const created = answers.find((one) => 'destinationCreate' in one)!
    const { signingSecret } = created.destinationCreate as { signingSecret: string }
    const requests = await Promise.all([receiver.request(1), receiver.request(2)])
    const bodies = requests.map(({ body, headers }) => new Webhook(signingSecret).verify(body, headers as never))
    expect(bodies).toMatchObject([{ data: { id: 'ord_42' } }, { data: { id: 'ord_43' } }])
    // The third is for later.
    expect(receiver.requests).toHaveLength(2)
    const shown = /^evt_01k… (.+)$/m
      .exec(page)![1]!
      .replaceAll('evt_01k…', requests[0]!.headers['webhook-id'] as string)
    expect(requests[0]!.body.replace(/"20[^"]+Z"/, '')).toBe(shown.replace(/"20[^"]+Z"/, ''))
  })

  test('gives customers the page', async () => {
    await using reader = await prepareReader(postrider)
    expect(await follow('docs/guides/give-customers-the-page.md', reader)).toMatchObject([
      { portalSessionCreate: {} },
      { viewer: { organization: { id: reader.organizationId } }, eventTypes: { nodes: [{ name: 'order.placed' }] } },
      { destinationCreate: {} },
      { destinationTest: { attempt: { outcome: 'SUCCESS' } } },
      { destinationSecretReveal: {}, destinationSecretRotate: {} },
      { destination: { health: 'HEALTHY' } },
      { destinationRecover: { job: null, matched: { value: 0 } } },
    ])
  })

  test('retries and recovers', async () => {
    await using reader = await prepareReader(postrider, 410)
    const order = await reader.order()
    expect(await follow('docs/guides/retries-and-recovery.md', reader, [order.id, order.deliveryId])).toMatchObject([
      { applicationUpdate: { application: { deliveryProfile: { retryDelays: [5, 60, 600, 3600] } } } },
      { destination: { health: 'DISABLED', disabledReason: 'GONE' } },
      { destinationEnable: { destination: { health: 'HEALTHY' } } },
      { deliveryRetry: { delivery: { trigger: 'RETRY' } } },
      { eventReplay: { deliveries: [{ trigger: 'REPLAY' }] } },
      { destinationRecover: { job: null } },
      { destinationRecover: { job: { status: 'QUEUED' } } },
      { recoveryJob: {} },
    ])
  })

  test('shapes what is sent', async () => {
    await using reader = await prepareReader(postrider)
    const answers = await follow('docs/guides/shape-what-is-sent.md', reader)
    const [kept, planned] = answers.flatMap((one) => (one.destinationPreview as { request: Preview }) ?? [])
    expect(JSON.parse(kept!.request.body)).toMatchObject({ order: 'ord_42', amount: 250, customer: 'acme' })
    const headers = Object.fromEntries(kept!.request.headers.map((header) => [header.name, header]))
    expect(headers).toMatchObject({ Authorization: { redacted: true }, 'X-Team': { value: 'billing' } })
    expect(Object.keys(headers)).toEqual(expect.arrayContaining(['X-Shop-Signature', 'webhook-signature']))
    expect(JSON.parse(planned!.request.body)).toMatchObject({ text: 'Order ord_1' })
  })

  test('follows attempts', async () => {
    await using reader = await prepareReader(postrider)
    await reader.order()
    await attemptsOf(reader.backend, 1)
    const [live, page] = await follow('docs/guides/follow-attempts-live.md', reader)
    expect(live).toMatchObject({ deliveryAttempts: { __typename: 'FeedCheckpoint', caughtUp: true } })
    expect(page).toMatchObject({ deliveryAttempts: { nodes: [{ outcome: 'SUCCESS' }] } })
  })

  test('runs in production', async () => {
    await using reader = await prepareReader(postrider)
    expect(await follow('docs/guides/run-in-production.md', reader)).toMatchObject([
      { destinations: { totalCount: 1 } },
    ])
  })

  test('moves customers over', async () => {
    await using reader = await prepareReader(postrider)
    const [created] = await follow('docs/moving-from.md', reader)
    expect(created).toMatchObject({ destinationCreate: { destination: { active: false } } })
  })

  const hex = (secret: string, body: string) => createHmac('sha256', secret).update(body).digest('hex')
  test.each<[string, (request: ReceivedRequest, secret: string) => void]>([
    ['Svix', ({ body, headers }, secret) => void new Webhook(secret).verify(body, headers as never)],
    ['Convoy', ({ body, headers }, secret) => expect(headers['x-convoy-signature']).toBe(hex(secret, body))],
    ['Outpost', ({ body, headers }, secret) => expect(headers['x-outpost-signature']).toBe(`v0=${hex(secret, body)}`)],
  ])('goes on sending what receivers know from %s', async (name, verify) => {
    await using reader = await prepareReader(postrider)
    const page = await read('docs/moving-from.md')
    const [profile] = blocksOf(page.slice(page.indexOf(`### ${name}`)))
    const { applicationUpdate } = await reader.backend.send(ApplicationUpdateDocument, JSON.parse(profile!.text))
    expect(applicationUpdate.userErrors).toEqual([])
    const { request } = await reader.order()
    expect(request.body).toBe('{"id":"ord_42","total":250}')
    verify(request, reader.secret)
  })
})

interface Preview {
  readonly body: string
  readonly headers: readonly { readonly name: string; readonly value: string; readonly redacted: boolean }[]
}
