import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Certificate } from './certificate.ts'

/** A request byte for byte, as latin1 text: one character a byte. */
export interface RawRequest {
  /** Request line and headers, without the empty line after them. */
  readonly head: string
  readonly body: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

export interface RawReceiver extends AsyncDisposable {
  readonly host: string
  readonly url: string
  readonly requests: readonly RawRequest[]
  /** Resolves with the n-th request (the first is 1) as soon as it was answered. */
  request(n: number): Promise<RawRequest>
}

export interface RawAnswer {
  readonly status: number
  readonly body?: string
}

/** A customer's server on loopback, with TLS, that keeps what came over the wire. Default answer: 200. */
export async function startRawReceiver(
  certificate: Certificate,
  answer: (request: RawRequest, n: number) => RawAnswer = () => ({ status: 200 }),
): Promise<RawReceiver> {
  const requests: RawRequest[] = []
  const waiting = new Map<number, (request: RawRequest) => void>()
  const sockets = new Set<Socket>()
  const server = createServer(certificate, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let bytes = ''
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.toString('latin1')
      for (let request = parse(bytes); request; request = parse(bytes)) {
        bytes = bytes.slice(request.head.length + 4 + request.body.length)
        const n = requests.push(request)
        const { status, body = '' } = answer(request, n)
        socket.write(`HTTP/1.1 ${status} Answer\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
        waiting.get(n)?.(request)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `https://${host}/hook`,
    requests,
    request: (n) =>
      new Promise((resolve) => {
        const there = requests[n - 1]
        if (there) resolve(there)
        else waiting.set(n, resolve)
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The first request of the bytes, when it is whole. */
function parse(bytes: string): RawRequest | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.slice(0, end)
  const lines = head.split('\r\n').slice(1)
  const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.split(': ')[1]!]))
  const length = Number(headers['content-length'] ?? 0)
  const body = bytes.slice(end + 4, end + 4 + length)
  return body.length === length ? { head, body, headers } : undefined
}
