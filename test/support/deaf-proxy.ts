import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'

/** Stands between the product and Postgres, and lets no notification through. */
export interface DeafProxy extends AsyncDisposable {
  /** The URL that leads through it. */
  readonly url: string
  /** Notifications that were swallowed so far. */
  readonly swallowed: number
}

export async function startDeafProxy(databaseUrl: string): Promise<DeafProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let swallowed = 0
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
    client.pipe(upstream)
    upstream.pipe(new WithoutNotifications(() => (swallowed += 1))).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    get swallowed() {
      return swallowed
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const NOTIFICATION = 'A'.charCodeAt(0)

/** The server's side of the protocol: messages of a type byte and a length that counts itself. */
class WithoutNotifications extends Transform {
  #rest = Buffer.alloc(0)
  readonly #onSwallowed: () => void

  constructor(onSwallowed: () => void) {
    super()
    this.#onSwallowed = onSwallowed
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 5) {
      const length = 1 + this.#rest.readUInt32BE(1)
      if (this.#rest.length < length) break
      if (this.#rest[0] === NOTIFICATION) this.#onSwallowed()
      else this.push(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
    }
    done()
  }
}
