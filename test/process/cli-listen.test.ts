import { type AddressInfo, connect, createServer } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DestinationsDocument } from '../../src/client/generated/documents.ts'
import { type RunningCli, runCli, startCli } from '../support/cli.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { type ReceivedRequest, startReceiver } from '../support/receiver.ts'

// The feed on a developer's machine: what a destination was sent comes here once more.

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider?.[Symbol.asyncDispose]())

test('listen brings the events of the only organization here, signed with the secret that it shows, and leaves nothing', async () => {
  await using local = await startReceiver((_, n) => (n === 2 ? 500 : 201))
  const { backend, organizationId } = await prepare()
  await using listen = startCli(['listen', '--forward', local.url], { endpoint: backend.endpoint })
  await listen.said('Ready: ')
  const [destination, secretLine, ready] = await listen.lines(3)
  expect(destination).toMatch(/^Destination +dst_\w{26} {2}\(temporary: it goes when this ends\)$/)
  expect(ready).toBe(`Ready: forwarding to ${local.url}. Ctrl-C ends it.`)
  const secret = /^Signing secret +(whsec_\S+)$/.exec(secretLine!)![1]!

  const first = await backend.publish({ organizationId, type: 'a', data: { text: 'é € "\u2028' } })
  await local.request(1)
  // A developer's answer is shown, and is nobody else's business.
  const second = await backend.publish({ organizationId, type: 'b.c', data: { n: 2 } })
  await local.request(2)
  expect(verify(local.requests[0]!, secret)).toMatchObject({ id: first.id, data: { text: 'é € "\u2028' } })
  expect(verify(local.requests[1]!, secret)).toMatchObject({ id: second.id, data: { n: 2 } })
  const [, , , taken, refused] = await listen.lines(5)
  expect(taken).toMatch(new RegExp(`Z  201  +\\d+ ms  a  ${first.id}$`))
  expect(refused).toMatch(new RegExp(`Z  500  +\\d+ ms  b.c  ${second.id}$`))
  expect((await backend.finished(second.deliveries[0]!.id)).attemptCount).toBe(1)

  expect(await listen.interrupt()).toBe(0)
  expect(listen.stderr).toBe('')
  const { destinations } = await backend.send(DestinationsDocument, {})
  expect(destinations.totalCount).toBe(0)
})

test('what is published before its feed is open comes too', async () => {
  await using local = await startReceiver()
  const { backend, organizationId } = await prepare()
  let eventId = ''
  // The socket of the feed gets through once an event is on its way, and arrived.
  await using door = await startDoor(postrider.url, async () => {
    const { id, deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
    eventId = id
    await backend.finished(deliveries[0]!.id)
  })
  const endpoint = { ...backend.endpoint, url: door.url }
  await using listen = startCli(['listen', '--forward', local.url, '--json'], { endpoint })
  const request = await local.request(1)
  const ready = (await documents(listen, 2)).find((document) => document.kind === 'ready')
  expect(verify(request, ready.signingSecret)).toMatchObject({ id: eventId })
  expect(await listen.interrupt()).toBe(0)
})

test('a machine where nobody listens ends nothing; the secret and the event types can be chosen', async () => {
  const local = await startReceiver()
  const { backend, organizationId } = await prepare()
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  const args = ['--organization', 'acme', '--event-type', 'b.*', '--secret', secret, '--json']
  await using listen = startCli(['listen', '--forward', local.url, ...args], { endpoint: backend.endpoint })
  expect(await documents(listen, 1)).toEqual([
    { kind: 'ready', destinationId: expect.stringMatching(/^dst_/), isTemporary: true, signingSecret: secret },
  ])
  await backend.publish({ organizationId, type: 'a', data: {} })
  const { id: eventId } = await backend.publish({ organizationId, type: 'b.c', data: {} })
  expect(verify(await local.request(1), secret)).toMatchObject({ id: eventId, type: 'b.c' })
  await local[Symbol.asyncDispose]()
  const lost = await backend.publish({ organizationId, type: 'b.c', data: {} })
  const [, taken, missed] = await documents(listen, 3)
  expect(taken).toMatchObject({ kind: 'forwarded', eventId, eventType: 'b.c', number: 1, status: 200, error: null })
  expect(missed).toMatchObject({ kind: 'forwarded', eventId: lost.id, status: null })
  expect(missed.error).toContain('ECONNREFUSED')
  expect(await listen.interrupt()).toBe(0)
})

test('with --destination it follows one that is there: first attempts, with the signature and without credentials', async () => {
  await using local = await startReceiver()
  await using receiver = await startReceiver((_, n) => (n === 1 ? 503 : 200))
  const { backend, organizationId } = await prepare({ retryDelays: [0] })
  const headers = [{ name: 'X-Token', value: 'token-of-the-receiver' }]
  const { id, secret } = await backend.destination({ organizationId, url: receiver.url, headers, eventTypes: ['a'] })
  const to = ['listen', '--forward', local.url, '--destination', id]
  await using listen = startCli([...to, '--show-secret'], { endpoint: backend.endpoint })
  await using all = startCli([...to, '--all-attempts', '--json'], { endpoint: backend.endpoint })
  await Promise.all([listen.said('Ready: '), all.said('"ready"')])
  expect(listen.stdout).toContain(`Signing secret  ${secret}\n`)
  const { id: eventId } = await backend.publish({ organizationId, type: 'a', data: {} })
  const [ready, first, retry] = await documents(all, 3)
  expect(ready).toMatchObject({ isTemporary: false, signingSecret: null })
  expect([first, retry]).toMatchObject([{ number: 1 }, { number: 2 }])
  expect(first).toMatchObject({ eventId, status: 200, changed: ['header X-Token'] })
  await listen.lines(4)
  await local.request(3)
  for (const request of local.requests) {
    expect(verify(request, secret)).toMatchObject({ id: eventId })
    expect(JSON.stringify(request)).not.toMatch(/token/i)
  }
  await all.interrupt()
  expect(await listen.interrupt()).toBe(0)
  // The retry was no business of the first one.
  expect(local.requests).toHaveLength(3)
  expect(listen.stderr).toBe('Not as it was sent, for records hold no credentials: header X-Token\n')
  const { destinations } = await backend.send(DestinationsDocument, {})
  expect(destinations.totalCount).toBe(1)
})

test('a server that may not send to itself refuses, and the advice says what to do', async () => {
  await using guarded = await startTestPostrider({ POSTRIDER_OUTBOUND_ALLOW: '' })
  const backend = await guarded.application()
  await backend.organization()
  const listen = ['listen', '--forward', 'http://127.0.0.1:9/']
  const refused = await runCli(listen, { endpoint: backend.endpoint })
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' })
  expect(refused.stderr).toMatch(/^config\.url: /)
  expect(refused.stderr).toContain(`It would have sent to ${guarded.url}/listen`)
  expect(refused.stderr).toContain('Give --sink')
})

test('what another listen left behind is told, and a sink that fails too', async () => {
  await using local = await startReceiver()
  await using sink = await startReceiver(() => 500)
  const { backend, organizationId } = await prepare({ retryDelays: [] })
  const args = ['listen', '--forward', local.url, '--sink', sink.url]
  const killed = startCli(args, { endpoint: backend.endpoint })
  await killed.said('Ready: ')
  await killed[Symbol.asyncDispose]()
  const left = /(dst_\w+)/.exec(killed.stdout)![1]
  await using listen = startCli(args, { endpoint: backend.endpoint })
  await listen.said(`Also there, of another "postrider listen": ${left}. `)
  await listen.said('Ready: ')
  await backend.publish({ organizationId, type: 'a', data: {} })
  await local.request(1)
  await listen.said(`The server does not reach its own ${sink.url} (The receiver answered 500)`)
  expect(await listen.interrupt()).toBe(0)
})

test('the sink takes anything and keeps nothing', async () => {
  for (const [type, body] of [
    ['application/json', '{'],
    ['text/plain', 'x'],
    ['', ''],
  ]) {
    const headers = { ...(type && { 'content-type': type }) }
    const response = await fetch(`${postrider.url}/listen`, { method: 'POST', headers, body: body! })
    expect(response.status).toBe(204)
  }
  expect((await fetch(`${postrider.url}/listen`)).status).toBe(404)
})

/** An application with the types a and b.c, and one organization. */
async function prepare(profile: Parameters<TestPostrider['application']>[0] = {}) {
  const backend: Backend = await postrider.application(profile)
  for (const name of ['a', 'b.c']) await backend.eventType(name)
  return { backend, organizationId: await backend.organization('acme') }
}

/** A way to the server; who wants a socket waits for `beforeSocket`. */
async function startDoor(url: string, beforeSocket: () => Promise<void>) {
  const { hostname, port } = new URL(url)
  const server = createServer((from) => {
    const to = connect(Number(port), hostname)
    for (const side of [from, to]) side.on('error', () => undefined)
    from.on('close', () => to.destroy())
    to.pipe(from)
    // A connection that carried requests may become the socket.
    from.on('data', async (chunk) => {
      from.pause()
      if (/^upgrade: websocket/im.test(chunk.toString('latin1'))) await beforeSocket()
      to.write(chunk)
      from.resume()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

function verify({ body, headers }: ReceivedRequest, secret: string): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>)
}

async function documents(running: RunningCli, count: number) {
  return (await running.lines(count)).map((line) => JSON.parse(line))
}
