import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ProxyOptions {
  /** What a connection sends goes through this on its way to Postgres. */
  readonly toServer?: () => Duplex
  /** What Postgres answers goes through this. */
  readonly toClient?: () => Duplex
}

/** Stands between the product and Postgres. Disposing it cuts all connections. */
export async function startPostgresProxy(
  databaseUrl: string,
  { toServer, toClient }: ProxyOptions,
): Promise<AsyncDisposable & { readonly url: string }> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
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
    ;(toServer ? client.pipe(toServer()) : client).pipe(upstream)
    ;(toClient ? upstream.pipe(toClient()) : upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
