import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { openSocket, subscribe } from '../../src/client/subscribe.ts'
import { createDestinationHosts } from '../../src/deliver/destination-host.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import type { Answer, ReceivedRequest } from '../../test/support/receiver.ts'
import { type StubbedSlack, slackAnswer, startStubbedSlack } from '../../test/support/slack.ts'
import slack from './index.ts'

// What becomes of a message by what Slack answers: against a server that answers what no emulator does.

const credentials = { botToken: 'xoxb-1234567890-not-a-real-token' }
const channel = 'C0123456789'
const posted = { ok: true, channel, ts: '1712345678.000100' }
let postrider: TestPostrider
let backend: Backend
let stub: StubbedSlack
/** How Slack answers now. */
let answer: (request: ReceivedRequest) => Answer
beforeAll(async () => {
  postrider = await startTestPostrider()
  stub = await startStubbedSlack((request) => answer(request))
  // Long enough for a wait that Slack asks for to be the longer one only where it does.
  backend = await postrider.application({ retryDelays: [60], retryJitter: 0, timeoutMs: 1_000 })
  await backend.eventType('a')
})
afterAll(async () => {
  await postrider?.[Symbol.asyncDispose]()
  await stub?.[Symbol.asyncDispose]()
})

/** Tells 120 seconds from the schedule's 60, whatever the clock does meanwhile. */
const waits = (seconds: number) => ({ outcome: 'RETRYABLE_FAILURE', waits: expect.closeTo(seconds, -1) })
const inTwoMinutes = () => new Date(Date.now() + 121_000).toUTCString()
/** A proxy's, that repeats what it was asked. */
const page = `<html><body>Please log in, ${credentials.botToken}. ${'Log in. '.repeat(1_000)}</body></html>`

const temporary: [string, () => Answer, ReturnType<typeof waits>, RegExp][] = [
  ['429 with seconds', () => slackAnswer('', { 'retry-after': '120' }, 429), waits(120), /HTTP 429/],
  ['429 with a date', () => slackAnswer('', { 'retry-after': inTwoMinutes() }, 429), waits(120), /HTTP 429/],
  ['429 with nonsense', () => slackAnswer('', { 'retry-after': 'soon' }, 429), waits(60), /HTTP 429/],
  ['429 without', () => slackAnswer('', {}, 429), waits(60), /HTTP 429/],
  ['503 with seconds', () => slackAnswer('', { 'retry-after': '120' }, 503), waits(120), /HTTP 503/],
  ['500', () => slackAnswer('oops', {}, 500), waits(60), /HTTP 500/],
  ['a redirect', () => slackAnswer('', { location: 'http://127.0.0.1:1/' }, 302), waits(60), /HTTP 302/],
  [
    'ratelimited',
    () => slackAnswer({ ok: false, error: 'ratelimited' }, { 'retry-after': '120' }),
    waits(120),
    /ratelimited/,
  ],
  [
    'a code that nobody knows',
    () => slackAnswer({ ok: false, error: 'brand_new_error' }),
    waits(60),
    /"brand_new_error"/,
  ],
  [
    'a code with a name of JavaScript',
    () => slackAnswer({ ok: false, error: 'constructor' }),
    waits(60),
    /"constructor"/,
  ],
  ['HTML with 200', () => slackAnswer(page, { 'content-type': 'text/html' }), waits(60), /not one of its own/],
  ['null with 200', () => slackAnswer('null'), waits(60), /could not be read/],
  ['nothing with 200', () => slackAnswer(''), waits(60), /not one of its own/],
  [
    'the token as a code',
    () => slackAnswer({ ok: false, error: credentials.botToken }),
    waits(60),
    /not one of its own/,
  ],
  ['a list with 200', () => slackAnswer('[]'), waits(60), /not one of its own/],
]

test.each(temporary)('a bot tries again after %s', async (what, how, expected, reason) => {
  answer = how
  const { attempt, health } = await deliverOne()
  expect(attempt).toMatchObject(expected)
  expect(attempt.failureKind).toBe(/429|ratelimited/.test(what) ? 'RATE_LIMITED' : 'HTTP_STATUS')
  expect(attempt.errorMessage).toMatch(reason)
  expect(attempt.errorMessage!.length).toBeLessThan(300)
  expect(attempt.response).not.toBeNull()
  expect(JSON.stringify(attempt)).not.toContain('xoxb-')
  expect(health).not.toBe('DISABLED')
})

test.each([
  [
    'a connection that is reset',
    (response: Parameters<Exclude<Answer, number>>[0]) => response.socket!.resetAndDestroy(),
    'CONNECTION',
  ],
  [
    'half an answer',
    (response: Parameters<Exclude<Answer, number>>[0]) =>
      response.writeHead(200, { 'content-length': 99 }).write('{"ok"', () => response.destroy()),
    'CONNECTION',
  ],
  ['no answer', () => undefined, 'TIMEOUT'],
] as const)('a bot tries again after %s, and the record says what the network did', async (_, how, failureKind) => {
  answer = () => (response) => void how(response)
  const before = stub.requests.length
  const { attempt } = await deliverOne()
  expect(attempt).toMatchObject({ ...waits(60), failureKind, response: null })
  // The SDK has not tried again by itself.
  expect(stub.requests).toHaveLength(before + 1)
})

test.each([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'no_permission',
])('%s switches the destination off, and says what to do', async (error) => {
  answer = () => slackAnswer({ ok: false, error })
  const { attempt, health, disabledReason } = await deliverOne()
  expect(attempt).toMatchObject({ outcome: 'PERMANENT_FAILURE', failureKind: 'CREDENTIALS_REJECTED', retryAt: null })
  expect(attempt.errorMessage).toMatch(new RegExp(`\\. .*(token|scope|chat:write|Install).*\\(${error}\\)$`))
  expect([health, disabledReason]).toEqual(['DISABLED', 'CREDENTIALS_REJECTED'])
})

test.each([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'msg_too_long',
  'msg_blocks_too_long',
  'invalid_blocks',
  'no_text',
  'invalid_arguments',
])('%s fails the message alone, at once', async (error) => {
  answer = () => slackAnswer({ ok: false, error })
  const { attempt, health } = await deliverOne()
  expect(attempt).toMatchObject({ outcome: 'PERMANENT_FAILURE', retryAt: null })
  expect(attempt.errorMessage).toMatch(new RegExp(`^.{20,}\\(${error}\\)$`))
  expect(health).not.toBe('DISABLED')
})

const webhookSecret = 'a-secret-of-the-webhook'
test.each([
  ['429 with a date', () => slackAnswer('', { 'retry-after': inTwoMinutes() }, 429), waits(120), null],
  ['HTML with 200', () => slackAnswer(page), waits(60), null],
  ['404 of a proxy', () => slackAnswer(page, {}, 404), waits(60), null],
  ['rollup_error', () => slackAnswer('rollup_error', {}, 500), waits(60), null],
  ['invalid_blocks', () => slackAnswer('invalid_blocks', {}, 400), { outcome: 'PERMANENT_FAILURE' }, null],
  ['channel_is_archived', () => slackAnswer('channel_is_archived', {}, 410), { outcome: 'PERMANENT_FAILURE' }, null],
  ['no_service', () => slackAnswer('no_service', {}, 404), { outcome: 'PERMANENT_FAILURE' }, 'GONE'],
  [
    'invalid_token',
    () => slackAnswer('invalid_token', {}, 403),
    { outcome: 'PERMANENT_FAILURE' },
    'CREDENTIALS_REJECTED',
  ],
] as const)('an incoming webhook that answers %s', async (_, how, expected, disabled) => {
  answer = how
  const { attempt, disabledReason } = await deliverOne({ channel: undefined }, { webhookUrl: stub.webhookUrl })
  expect(attempt).toMatchObject(expected)
  expect(disabledReason).toBe(disabled)
  expect(stub.requests.at(-1)!.path).toContain(webhookSecret)
  expect(JSON.stringify(attempt)).not.toContain(webhookSecret)
})

test('the token of one destination never goes out with the messages of another', async () => {
  answer = () => slackAnswer(posted)
  const from = stub.requests.length
  const tokens = ['one', 'two', 'one'].map((name) => `xoxb-1234567890-of-account-${name}`)
  const ids = []
  for (const botToken of tokens) ids.push(await prepare({}, { botToken }))
  await Promise.all(ids.map((one) => one.publish()))
  await stub.request(from + 3)
  const seen = stub.requests.slice(from).map(({ headers }) => headers.authorization)
  expect(seen.toSorted()).toEqual(tokens.map((token) => `Bearer ${token}`).toSorted())
})

test("a destination's own headers go out too", async () => {
  answer = () => slackAnswer(posted)
  await deliverOne({}, credentials, { headers: [{ name: 'x-gateway', value: 'through' }] })
  const { headers } = stub.requests.at(-1)!
  expect(headers).toMatchObject({
    'x-gateway': 'through',
    authorization: `Bearer ${credentials.botToken}`,
    'content-type': 'application/x-www-form-urlencoded',
  })
})

test('an attempt whose end was lost begins no second thread', async () => {
  answer = () => slackAnswer(posted)
  const { id } = await prepare()
  const { idToUuid } = await import('../../src/domain/id.ts')
  const store = { sql: postrider.database.query } as unknown as Parameters<typeof createDestinationHosts>[0]
  await using hosts = createDestinationHosts(store, (error) => {
    throw error
  })
  const signal = AbortSignal.timeout(10_000)
  const plain = { fetch, signal, connect: () => Promise.reject(new Error('no socket is needed')) }
  const host = hosts.of({ id: idToUuid(id as `dst_${string}`), version: 1 }, plain)
  const config = slack.config.parse({ channel, apiUrl: stub.apiUrl, threadKey: '{{data.k}}' })
  const deliver = (deliveryId: string, attempt: number) => {
    const event = { id: 'evt_1', type: 'a', createdAt: new Date(0), organizationId: 'o', data: { k: 1 } }
    const context = { event, body: '', config, credentials, delivery: { id: deliveryId, attempt, isTest: false } }
    const request = { method: 'POST', headers: {}, body: '', ...slack.buildRequest(context) }
    return slack.deliver!(host, { ...context, request })
  }
  const before = stub.calls('chat.postMessage').length
  expect(await deliver('dlv_1', 1)).toEqual({ kind: 'success' })
  expect(await deliver('dlv_1', 2)).toEqual({ kind: 'success' })
  expect(await deliver('dlv_2', 1)).toEqual({ kind: 'success' })
  const threads = stub.calls('chat.postMessage').map((form) => form.get('thread_ts'))
  expect(threads.slice(before)).toEqual([null, posted.ts])
})

test('a thread whose first message was refused is begun by the next', async () => {
  const { publish, attempted } = await prepare({ threadKey: '{{data.k}}' })
  answer = () => slackAnswer({ ok: false, error: 'not_in_channel' })
  expect((await attempted(await publish({ k: 1 }))).errorMessage).toContain('not_in_channel')
  answer = () => slackAnswer(posted)
  const before = stub.calls('chat.postMessage').length
  expect(await attempted(await publish({ k: 1 }))).toMatchObject({ outcome: 'SUCCESS' })
  expect(stub.calls('chat.postMessage')[before]!.get('thread_ts')).toBeNull()
})

test('a long list of channels is read page by page', async () => {
  const from = stub.calls('conversations.list').length
  const name = (page: string, n: number) => ({ id: `C${page}${1e8 + n}`, name: `team-${page}-${n}` })
  answer = ({ body }) => {
    const cursor = new URLSearchParams(body).get('cursor') ?? ''
    const next = { '': 'p2', p2: 'p3' }[cursor] ?? ''
    const channels = Array.from({ length: cursor === 'p3' ? 1 : 600 }, (_, n) => name(cursor || 'p1', n))
    return slackAnswer({ ok: true, channels, response_metadata: { next_cursor: next } })
  }
  expect((await choices('p3-0')).options).toEqual([{ label: '#team-p3-0', value: 'Cp3100000000' }])
  const asked = stub.calls('conversations.list').slice(from)
  expect(asked.map((form) => form.get('cursor'))).toEqual([null, 'p2', 'p3'])
  for (const form of asked)
    expect(Object.fromEntries(form)).toMatchObject({
      types: 'public_channel,private_channel',
      exclude_archived: 'true',
      limit: '1000',
    })
  // A form shows a thousand: no need to read on.
  expect((await choices('')).options).toHaveLength(1_000)
  expect(stub.calls('conversations.list')).toHaveLength(from + 5)
})

test('choices that cannot be read say what to do', async () => {
  const message = async (secrets?: Record<string, string>) => (await choices('', secrets)).userErrors[0]!.message
  expect(await message({})).toContain('give the bot token first')
  answer = () => slackAnswer({ ok: false, error: 'missing_scope', needed: 'groups:read' })
  expect(await message()).toContain('Add both under OAuth & Permissions')
  answer = () => slackAnswer({ ok: false, error: 'invalid_auth' })
  expect(await message()).toContain('Slack does not know the token')
})

const member = { is_member: true, is_private: false, is_archived: false }
test.each([
  ['all is well', { ok: true }, member, '', undefined],
  [
    'the token is not known',
    { ok: false, error: 'invalid_auth' },
    member,
    '',
    ['credentials', 'botToken', 'does not know the token'],
  ],
  ['a scope is missing', { ok: true }, 'missing_scope', '', ['credentials', 'botToken', 'channels:read']],
  [
    'the channel is not known',
    { ok: true },
    'channel_not_found',
    '',
    ['config', 'channel', 'does not know the channel'],
  ],
  ['the channel is archived', { ok: true }, { ...member, is_archived: true }, '', ['config', 'channel', 'archived']],
  [
    'the bot is not there',
    { ok: true },
    { ...member, is_member: false },
    'chat:write',
    ['config', 'channel', '/invite'],
  ],
  [
    'the bot may post to any public channel',
    { ok: true },
    { ...member, is_member: false },
    'chat:write,chat:write.public',
    undefined,
  ],
  [
    'but not to private ones',
    { ok: true },
    { is_member: false, is_private: true },
    'chat:write.public',
    ['config', 'channel', '/invite'],
  ],
  ['Slack is away', { ok: false, error: 'internal_error' }, member, '', ['config', undefined, 'internal_error']],
] as const)('"Test connection" of a bot: %s', async (_, auth, info, scopes, problem) => {
  answer = ({ path }) => {
    if (path.endsWith('auth.test')) return slackAnswer(auth, { 'x-oauth-scopes': scopes })
    return slackAnswer(typeof info === 'string' ? { ok: false, error: info } : { ok: true, channel: info })
  }
  const { checked, userErrors } = await check({ channel }, credentials)
  expect(checked).toBe(problem === undefined)
  const expected = problem && {
    path: ['input', ...problem.slice(0, 2).filter(Boolean)],
    message: expect.stringContaining(problem[2]),
  }
  expect(userErrors).toMatchObject(expected ? [expected] : [])
})

test.each([
  ['no_text', 400, undefined],
  ['no_service', 404, 'Make a new one'],
  ['invalid_token', 403, 'Make a new incoming webhook'],
  ['<html>', 200, 'not by an incoming webhook'],
])('"Test connection" of a webhook that answers %s', async (body, status, problem) => {
  answer = () => slackAnswer(body, {}, status)
  const { userErrors } = await check({}, { webhookUrl: stub.webhookUrl })
  expect(stub.requests.at(-1)!.body).toBe('{}')
  const path = ['input', 'credentials', 'webhookUrl']
  expect(userErrors).toMatchObject(problem ? [{ path, message: expect.stringContaining(problem) }] : [])
})

test.each(slack.samples!.responses!)('sample: $name', ({ response, kind }) => {
  const { headers = {}, body = '' } = response
  const answered = { statusCode: response.statusCode, headers, body }
  expect(slack.classify!(answered, { config: slack.samples!.config })!.kind).toBe(kind)
})

async function choices(search: string, secrets: Record<string, string> = credentials) {
  const input = { connector: 'slack', field: 'channel', config: { apiUrl: stub.apiUrl }, credentials: secrets, search }
  return (await backend.send(documents.ConnectorFieldOptionsDocument, { input })).connectorFieldOptions
}

async function check(config: Record<string, unknown>, secrets: Record<string, string>) {
  const document = new documents.TypedDocumentString<
    { connectorCheck: { checked: boolean; userErrors: { path: string[]; message: string }[] } },
    { input: unknown }
  >('mutation($input: ConnectorCheckInput!) { connectorCheck(input: $input) { checked userErrors { path message } } }')
  const input = { connector: 'slack', config: { apiUrl: stub.apiUrl, ...config }, credentials: secrets }
  return (await backend.send(document, { input })).connectorCheck
}

/** A new destination, one event, and what its first attempt came to. */
async function deliverOne(...settings: Parameters<typeof prepare>) {
  const { id, publish, attempted } = await prepare(...settings)
  const attempt = await attempted(await publish())
  const { destination } = await backend.send(documents.DestinationDocument, { id })
  return { attempt, health: destination!.health, disabledReason: destination!.disabledReason }
}

let organizations = 0
async function prepare(
  config: Record<string, unknown> = {},
  secrets: Record<string, string> = credentials,
  fields: { headers?: { name: string; value: string }[] } = {},
) {
  const organizationId = await backend.organization(`organization-${++organizations}`)
  const { id } = await backend.destination({
    organizationId,
    connector: 'slack',
    config: { channel, apiUrl: stub.apiUrl, ...config },
    credentials: secrets,
    ...fields,
  })
  const publish = async (data: unknown = {}) =>
    (await backend.publish({ organizationId, type: 'a', data })).deliveries[0]!.id
  return { id, publish, attempted }
}

/** The first attempt, as soon as it is recorded, and in how many seconds the next one is due. */
async function attempted(deliveryId: string) {
  const socket = openSocket(backend.endpoint)
  try {
    for await (const { delivery } of subscribe(socket, documents.FollowDeliveryDocument, { id: deliveryId }))
      if (delivery!.attemptCount > 0) break
  } finally {
    await socket.dispose()
  }
  const { delivery } = await backend.send(documents.DeliveryDocument, { id: deliveryId })
  const attempt = delivery!.lastAttempt!
  const endedAt = Date.parse(attempt.startedAt) + attempt.durationMs!
  return { ...attempt, waits: attempt.retryAt && Math.round((Date.parse(attempt.retryAt) - endedAt) / 1_000) }
}
