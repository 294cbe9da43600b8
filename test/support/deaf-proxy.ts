import { Transform, type TransformCallback } from 'node:stream'
import { startPostgresProxy } from './postgres-proxy.ts'

/** Stands between the product and Postgres, and lets no notification through. */
export interface DeafProxy extends AsyncDisposable {
  /** The URL that leads through it. */
  readonly url: string
  /** Notifications that were swallowed so far. */
  readonly swallowed: number
}

export async function startDeafProxy(databaseUrl: string): Promise<DeafProxy> {
  let swallowed = 0
  const proxy = await startPostgresProxy(databaseUrl, {
    toClient: () =>
      new WithoutNotifications(() => {
        swallowed += 1
      }),
  })
  return {
    url: proxy.url,
    get swallowed() {
      return swallowed
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
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
