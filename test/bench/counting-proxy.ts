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
function createStatementCounter(onStatement: () => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  let skip = 0
  let headLength = 4
  return (chunk) => {
    const skipped = Math.min(skip, chunk.length)
    skip -= skipped
    rest = Buffer.concat([rest, chunk.subarray(skipped)])
    while (rest.length >= headLength) {
      const hasType = headLength === 5
      if (hasType && (rest[0] === EXECUTE || rest[0] === QUERY)) onStatement()
      const length = hasType ? 1 + rest.readUInt32BE(1) : rest.readUInt32BE(0)
      headLength = 5
      skip = Math.max(0, length - rest.length)
      rest = rest.subarray(length)
    }
  }
}
