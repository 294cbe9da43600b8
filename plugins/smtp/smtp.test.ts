import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificate, trustCertificate } from '../../test/support/certificate.ts'
import { stageConnector } from '../../test/support/connector-stage.ts'
import { LOGIN, refusal, startMailServer as startServer, startTcpServer } from '../../test/support/mail-server.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { openServer } from './server.ts'
import { configSchema } from './settings.ts'

const certificate = makeCertificate('IP:127.0.0.1')
const startMailServer = (options: SMTPServerOptions = {}) => startServer({ ...certificate, ...options })

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const base = { host: '127.0.0.1', from: 'alerts@example.com', to: ['ops@example.com'] }

function prepare(port: number, config: object = {}, credentials = {}, timeoutMs = 5_000) {
  const settings = { connector: 'smtp', config: { ...base, port, security: 'none', ...config }, credentials }
  return stageConnector(postrider, settings, { timeoutMs })
}

test('a mail arrives encrypted, after the login, and the record holds what the server said', async () => {
  using _trust = trustCertificate(certificate)
  await using server = await startMailServer({ authOptional: false })
  const config = {
    security: 'starttls',
    to: ['ops@example.com', 'sales@example.com'],
    fromName: 'Älerts',
    html: '<b>{{data.n}}</b>',
  }
  const { deliver, destination } = await prepare(server.port, { ...config, subject: 'Order {{data.n}}' }, LOGIN)
  const delivery = await deliver({ n: 7 })
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
  const { response, request } = delivery.lastAttempt!
  expect(response).toMatchObject({ statusCode: 250, body: expect.stringContaining('queued as 1') })
  expect(request).toMatchObject({ method: 'SEND', url: `smtp://127.0.0.1:${server.port}` })
  const [mail] = server.mails
  expect(mail).toMatchObject({
    from: 'alerts@example.com',
    to: config.to,
    isEncrypted: true,
    user: LOGIN.user,
    client: 'example.com',
  })
  expect(mail!.head).toEqual(
    expect.arrayContaining([
      'From: =?UTF-8?Q?=C3=84lerts?= <alerts@example.com>',
      'To: ops@example.com, sales@example.com',
      'Subject: Order 7',
      'Auto-Submitted: auto-generated',
      `Message-ID: <${delivery.id}@example.com>`,
    ]),
  )
  expect(mail!.body).toContain('<b>7</b>')
  expect(mail!.body).toMatch(/"n": 7/)
  expect(JSON.stringify([delivery, await destination()])).not.toContain(LOGIN.password)
  expect((await destination()).target).toBe('ops@example.com and 1 more')
})

test('TLS from the first byte on works too', async () => {
  using _trust = trustCertificate(certificate)
  await using server = await startMailServer({ secure: true })
  const { deliver } = await prepare(server.port, { security: 'tls' }, LOGIN)
  const delivery = await deliver({})
  expect(delivery).toMatchObject({ status: 'SUCCEEDED' })
  expect(delivery.lastAttempt!.request!.url).toBe(`smtps://127.0.0.1:${server.port}`)
  expect(server.mails[0]).toMatchObject({ isEncrypted: true, user: LOGIN.user })
})

test.each(['starttls', 'tls'])(
  'a self-signed certificate is refused with %s, and nothing is sent',
  async (security) => {
    await using server = await startMailServer({ secure: security === 'tls' })
    const { deliver, check } = await prepare(server.port, { security }, LOGIN)
    const delivery = await deliver({})
    expect(delivery).toMatchObject({ status: 'FAILED', attemptCount: 2 })
    expect(delivery.lastAttempt!.errorMessage).toMatch(/certificate .*DEPTH_ZERO_SELF_SIGNED_CERT/)
    expect(await check()).toMatchObject([{ message: expect.stringMatching(/certificate/) }])
    expect(server.mails).toEqual([])
  },
)

test('a server without STARTTLS gets neither the password nor the mail', async () => {
  let logins = 0
  await using server = await startMailServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => {
      logins++
      done(null, { user: 'x' })
    },
  })
  const { deliver } = await prepare(server.port, { security: 'starttls' }, LOGIN)
  expect((await deliver({})).lastAttempt!.errorMessage).toMatch(/does not offer STARTTLS/)
  expect([logins, server.mails]).toEqual([0, []])
})

test('a server that knows no login gets no mail from somebody who has one', async () => {
  await using server = await startMailServer({ disabledCommands: ['AUTH'] })
  const { deliver } = await prepare(server.port, {}, LOGIN)
  expect((await deliver({})).lastAttempt).toMatchObject({
    failureKind: 'CREDENTIALS_REJECTED',
    errorMessage: expect.stringMatching(/did not accept user and password: 5/),
  })
  expect(server.mails).toEqual([])
})

test('the same mail, sent again, has the same Message-ID', async () => {
  const ids: (string | undefined)[] = []
  await using server = await startMailServer({
    async onData(stream, _session, done) {
      let text = ''
      for await (const chunk of stream) text += chunk
      ids.push(/^Message-ID: .*$/m.exec(text)?.[0])
      done(ids.length === 1 ? refusal(451, 'Come back later') : null)
    },
  })
  const { deliver } = await prepare(server.port)
  expect(await deliver({})).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })
  expect(ids).toEqual([expect.stringMatching(/^Message-ID: <dlv_\w+@example\.com>$/), ids[0]])
})

const inRcpt = (error: Error): SMTPServerOptions => ({ onRcptTo: (_address, _session, done) => done(error) })
const inMail = (error: Error): SMTPServerOptions => ({ onMailFrom: (_address, _session, done) => done(error) })
test.each([
  ['a temporary refusal', inRcpt(refusal(450, 'Greylisted')), 2, 450, /asks for patience: 450 Greylisted/],
  ['a greeting with 421', { onConnect: (_s, done) => done(refusal(421, 'Too busy')) }, 2, 421, /421 .*Too busy/],
  ['an unknown recipient', inRcpt(refusal(550, 'No such user')), 1, 550, /refused the message: 550 No such user/],
  ['a refused sender', inMail(refusal(553, 'Not yours')), 1, 553, /refused the message: 553 Not yours/],
] satisfies [string, SMTPServerOptions, number, number, RegExp][])(
  '%s is tried as often as it makes sense, and recorded',
  async (_name, options, attemptCount, statusCode, message) => {
    await using server = await startMailServer(options)
    const { deliver, destination } = await prepare(server.port)
    const delivery = await deliver({})
    expect(delivery).toMatchObject({ status: 'FAILED', attemptCount, lastAttempt: { response: { statusCode } } })
    expect(delivery.lastAttempt!.errorMessage).toMatch(message)
    expect((await destination()).disabledReason).toBeNull()
  },
)

test('a mail that some of its recipients get is not sent again, and the record names the others', async () => {
  await using server = await startMailServer({
    onRcptTo: ({ address }, _session, done) => done(address.startsWith('gone') ? refusal(550, 'No such user') : null),
  })
  const { deliver } = await prepare(server.port, { to: ['ops@example.com', 'gone@example.com'] })
  const delivery = await deliver({})
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
  expect(delivery.lastAttempt!.response!.body).toMatch(/Refused: gone@example\.com: 550 No such user/)
  expect(server.mails).toMatchObject([{ to: ['ops@example.com'] }])
})

test.each([
  ['a wrong password', { ...LOGIN, password: 'another-password' }],
  ['no login at all', {}],
])('%s switches the destination off', async (_, credentials) => {
  using _trust = trustCertificate(certificate)
  await using server = await startMailServer({ authOptional: false })
  const { deliver, destination } = await prepare(server.port, { security: 'starttls' }, credentials)
  expect((await deliver({})).lastAttempt).toMatchObject({
    failureKind: 'CREDENTIALS_REJECTED',
    errorMessage: expect.stringMatching(/did not accept user and password: 53[05]/),
  })
  expect(await destination()).toMatchObject({ health: 'DISABLED', disabledReason: 'CREDENTIALS_REJECTED' })
})

test('a port that nobody listens on is told as that, without the address that was dialled', async () => {
  const { deliver, check } = await prepare(1)
  const { lastAttempt } = await deliver({})
  expect(lastAttempt).toMatchObject({ failureKind: 'CONNECTION', errorMessage: 'Connection refused', response: null })
  expect(await check()).toMatchObject([{ path: ['input', 'config', 'host'], message: 'Connection refused' }])
})

test('a server that never greets costs the time limit, and no more', async () => {
  await using hanging = await startTcpServer(() => undefined)
  const { deliver } = await prepare(hanging.port, {}, {}, 1_000)
  const delivery = await deliver({})
  expect(delivery).toMatchObject({ attemptCount: 2, lastAttempt: { failureKind: 'TIMEOUT' } })
  await hanging.empty()
})

test('a connection test that is cut off leaves no connection behind', async () => {
  await using hanging = await startTcpServer(() => undefined)
  const cut = new AbortController()
  const connect = async ({ port }: { port: number }) => {
    const socket = connectTcp(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const config = configSchema.parse({ ...base, port: hanging.port, security: 'none' })
  const server = await openServer({ connect, signal: cut.signal }, { config, credentials: {} })
  const verified = server.verify()
  setImmediate(() => cut.abort())
  await expect(verified).rejects.toThrow()
  await hanging.empty()
})

test('what is no mail server is said to be none', async () => {
  await using web = await startTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const { deliver, check } = await prepare(web.port)
  expect((await deliver({})).lastAttempt!.errorMessage).toMatch(/no mail server/)
  expect(await check()).toMatchObject([{ path: ['input', 'config', 'host'] }])
})

test('a server of an internal network is out of reach unless the operator lists it', async () => {
  const { deliver } = await prepare(25, { host: '10.0.0.1' })
  expect((await deliver({})).lastAttempt).toMatchObject({ failureKind: 'URL_NOT_ALLOWED', response: null })
})

test('the connection test logs in, and sends nothing', async () => {
  using _trust = trustCertificate(certificate)
  await using server = await startMailServer({ authOptional: false })
  const good = await prepare(server.port, { security: 'starttls' }, LOGIN)
  expect(await good.check()).toEqual([])
  const bad = await prepare(server.port, { security: 'starttls' }, { ...LOGIN, password: 'another-password' })
  expect(await bad.check()).toMatchObject([
    { code: 'CREDENTIALS_REJECTED', path: ['input', 'credentials', 'password'], message: expect.stringMatching(/535/) },
  ])
  expect(server.mails).toEqual([])
})

test('what the data says makes no header, no other recipient, and no HTML', async () => {
  await using server = await startMailServer()
  const { deliver } = await prepare(server.port, {
    subject: 'About {{data.name}}',
    text: '{{data.name}}',
    html: '<p title="{{data.name}}">{{data.name}}</p>',
  })
  const name = 'x\r\nBcc: victim@example.com\r\n\r\n<script>"&\u2028Y: 1'
  await deliver({ name })
  const [mail] = server.mails
  expect(mail!.to).toEqual(['ops@example.com'])
  expect(mail!.head.join('\n')).not.toMatch(/^(bcc|y):/im)
})

test('a test mail says so', async () => {
  await using server = await startMailServer()
  const { sendTest } = await prepare(server.port)
  expect(await sendTest({})).toMatchObject({ outcome: 'SUCCESS' })
  expect(server.mails[0]!.head).toContain('Subject: Test: a')
})
