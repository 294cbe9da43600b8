import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between the product and Postgres, and counts the statements that go through. */
export interface CountingProxy extends AsyncDisposable {
  /** The URL that leads through it. */
  readonly url: string
  /** Execute and simple Query messages so far. */
  readonly statements: number
}

export async function startCountingProxy(databaseUrl: string): Promise<CountingProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let statements = 0
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, noDelay: true })
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', cut)
    }
    client.on('close', () => [client, upstream].map((socket) => sockets.delete(socket)))
    const count = createStatementCounter(() => {
      statements += 1
    })
    client.on('data', count)
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    get statements() {
      return statements
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const EXECUTE = 'E'.charCodeAt(0)
const QUERY = 'Q'.charCodeAt(0)

/**
 * Reads one client's side of the protocol: messages of a type byte and a length that counts itself, but for the first,
 * which has no type. Chunks may cut them anywhere.
 */
export function createStatementCounter(onStatement: () => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  let skip = 0
  let headLength = 4
  return (chunk) => {
    let at = Math.min(skip, chunk.length)
    skip -= at
    rest = Buffer.concat([rest, chunk.subarray(at)])
    at = 0
    while (rest.length - at >= headLength) {
      const type = headLength === 5 ? rest[at] : undefined
      if (type === EXECUTE || type === QUERY) onStatement()
      const length = headLength - 4 + rest.readUInt32BE(at + headLength - 4)
      headLength = 5
      at += length
      if (at > rest.length) {
        skip = at - rest.length
        at = rest.length
      }
    }
    rest = rest.subarray(at)
  }
}
