import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a server and its Postgres, or between a client and the server. */
export interface Proxy extends AsyncDisposable {
  /** The URL that leads through it. */
  readonly url: string
  /** Cuts all connections, and refuses new ones until `mend`. */
  cut(): void
  mend(): void
  /** Leads new connections to another server. */
  leadTo(targetUrl: string): void
}

export async function startProxy(targetUrl: string): Promise<Proxy> {
  let target = new URL(targetUrl)
  const clients = new Set<Socket>()
  let isCut = false
  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connect(Number(target.port), target.hostname)
    upstream.on('error', () => undefined)
    clients.add(client.on('close', () => upstream.destroy()).on('close', () => clients.delete(client)))
    upstream.on('close', () => client.destroy())
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(targetUrl)
  url.port = String((server.address() as AddressInfo).port)
  const cut = () => {
    isCut = true
    for (const client of clients) client.destroy()
  }
  return {
    url: url.href,
    cut,
    mend: () => {
      isCut = false
    },
    leadTo(targetUrl) {
      target = new URL(targetUrl)
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
