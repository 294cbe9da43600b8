import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxy } from 'proxy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeliveryDocument } from '../../src/client/generated/documents.ts'
import { createOutbound, type SendOptions } from '../../src/outbound/outbound.ts'
import { makeCertificate, trustCertificate } from '../support/certificate.ts'
import { startTestPostrider } from '../support/postrider.ts'
import { startRawReceiver } from '../support/raw-receiver.ts'
import { startReceiver } from '../support/receiver.ts'

// Through a real forward proxy (the npm package "proxy").

const certificate = makeCertificate('DNS:receiver.example,IP:127.0.0.1')
let trust: Disposable
beforeAll(() => {
  trust = trustCertificate(certificate)
})
afterAll(() => trust[Symbol.dispose]())

const sendOptions: SendOptions = { poolKey: 'destination v1', timeoutMs: 5_000, httpsOnly: false }
const post = (url: string) => ({ method: 'POST', url, headers: { 'x-test': '1' }, body: '{"n":1}' })

test('https goes through the proxy, encrypted end to end, to the address that was vetted', async () => {
  await using proxy = await startProxy()
  await using receiver = await startRawReceiver(certificate)
  await using outbound = createOutbound({
    allow: ['127.0.0.1/32'],
    proxy: proxy.url,
    resolve: async () => ['127.0.0.1'],
  })
  const port = new URL(receiver.url).port
  const result = await outbound.send(post(`https://receiver.example:${port}/hook`), sendOptions)
  expect(result).toMatchObject({ kind: 'response', statusCode: 200 })
  expect(receiver.requests[0]!.head).toContain(`host: receiver.example:${port}`)
  // Not the name, which the proxy would look up anew.
  expect(proxy.asked).toEqual([`127.0.0.1:${port}`])
  // undici rests a connection for one turn of the event loop before it is used again.
  await new Promise((resolve) => setImmediate(resolve))
  await outbound.send(post(`https://receiver.example:${port}/hook`), sendOptions)
  expect(proxy.asked).toHaveLength(1)
})

test('plain http goes through it too', async () => {
  await using proxy = await startProxy()
  await using receiver = await startReceiver()
  await using outbound = createOutbound({ allow: ['127.0.0.1/32'], proxy: proxy.url })
  expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({ statusCode: 200 })
  expect(receiver.requests[0]).toMatchObject({ body: '{"n":1}', headers: { 'x-test': '1' } })
  expect(proxy.asked).toEqual([new URL(receiver.url).host])
})

test('what the guard refuses, the proxy is not asked for', async () => {
  await using proxy = await startProxy()
  await using outbound = createOutbound({
    allow: [],
    proxy: proxy.url,
    resolve: async (name) => (name === 'mixed.example' ? ['93.184.216.34', '10.0.0.1'] : ['169.254.169.254']),
  })
  for (const url of [
    'https://mixed.example/',
    'https://metadata.example/',
    'https://127.0.0.1/',
    'https://localhost/',
  ]) {
    expect(await outbound.send(post(url), sendOptions), url).toMatchObject({ failure: 'URL_NOT_ALLOWED' })
  }
  expect(proxy.asked).toEqual([])
})

describe('user and password', () => {
  test('are given to the proxy, and to nobody else', async () => {
    await using proxy = await startProxy({ password: 'p@ss word' })
    await using receiver = await startReceiver()
    await using outbound = createOutbound({
      allow: ['127.0.0.1/32'],
      proxy: proxy.url.replace('http://', `http://user:${encodeURIComponent('p@ss word')}@`),
    })
    expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({ statusCode: 200 })
    expect(Object.keys(receiver.requests[0]!.headers)).not.toContain('proxy-authorization')
  })

  test('that are wrong are a failed connection that says so', async () => {
    await using proxy = await startProxy({ password: 'right' })
    await using receiver = await startReceiver()
    await using outbound = createOutbound({
      allow: ['127.0.0.1/32'],
      proxy: proxy.url.replace('http://', 'http://user:wrong@'),
    })
    expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({
      failure: 'CONNECTION',
      message: 'The outbound proxy refused the connection (407)',
    })
    expect(receiver.requests).toEqual([])
  })
})

test('a proxy that is away, hangs up, talks nonsense or hangs is a failed connection within the time limit', async () => {
  await using receiver = await startReceiver()
  const answers = {
    garbage: 'ftp 1.0 whatever\r\n\r\n',
    endless: 'HTTP/1.1 200 OK\r\nx: '.padEnd(40_000, 'x'),
    nothing: undefined,
  }
  for (const [what, answer] of Object.entries(answers)) {
    await using proxy = await startBrokenProxy(answer)
    await using outbound = createOutbound({ allow: ['127.0.0.1/32'], proxy: proxy.url })
    const result = await outbound.send(post(receiver.url), { ...sendOptions, timeoutMs: 1_000 })
    expect(result, what).toMatchObject({ failure: what === 'nothing' ? 'TIMEOUT' : 'CONNECTION' })
  }
  await using outbound = createOutbound({ allow: ['127.0.0.1/32'], proxy: 'http://127.0.0.1:9' })
  expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({
    failure: 'CONNECTION',
    message: 'Connection refused',
  })
})

test('deliveries go through the proxy that the environment names', async () => {
  await using proxy = await startProxy()
  await using receiver = await startReceiver()
  await using postrider = await startTestPostrider({ POSTRIDER_OUTBOUND_PROXY: proxy.url })
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
  expect(proxy.asked).toEqual([new URL(receiver.url).host])
  const { delivery } = await backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  expect(JSON.stringify(delivery)).not.toContain(new URL(proxy.url).host)
})

async function startProxy({ password }: { password?: string } = {}) {
  const asked: string[] = []
  const http = createServer()
  http.on('connect', (request) => asked.push(request.url!))
  const server = createProxy(http)
  const credentials = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`
  if (password) server.authenticate = (request) => request.headers['proxy-authorization'] === credentials
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Says this to everybody, whatever they ask; undefined: nothing. */
async function startBrokenProxy(answer: string | undefined) {
  const server = createServer()
  const sockets = new Set<{ destroy(): unknown }>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.on('connect', (_request, socket) => answer && socket.write(answer))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
