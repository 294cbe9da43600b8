import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a client and its server, and cuts the connection instead of giving an answer. */
export interface LossyRelay extends AsyncDisposable {
  readonly port: number
}

/** The answer that is lost is that to the first bytes which hold `marker`: the server has them, and the client cannot know. */
export async function startLossyRelay(targetPort: number, marker: string): Promise<LossyRelay> {
  const clients = new Set<Socket>()
  let isSpent = false
  const server = createServer((client) => {
    let isDoomed = false
    const upstream = connect(targetPort, '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => undefined).on('close', () => other.destroy())
    }
    clients.add(client.on('close', () => clients.delete(client)))
    client.on('data', (bytes) => {
      if (!isSpent && bytes.includes(marker)) {
        isDoomed = true
        isSpent = true
      }
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => (isDoomed ? client.destroy() : client.write(bytes)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
