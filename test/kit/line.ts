import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Writes a line to a TCP server, and waits for one that says "ok". */
export default defineConnector({
  apiVersion: 1,
  key: 'line',
  version: '1.0.0',
  displayName: 'Line',
  description: 'Writes a line for each event.',
  category: 'queue',
  config: z.strictObject({
    hostname: z.string().min(1).meta({ title: 'Host', description: 'Where it listens.' }),
    port: z.int().min(1).max(65_535).meta({ title: 'Port', description: 'The port there.' }),
  }),
  credentials: z.strictObject({
    token: z.string().min(8).meta({ title: 'Token', description: 'From its settings.' }),
  }),
  target: ({ config }) => ({ label: `${config.hostname}:${config.port}` }),
  buildRequest: ({ config, body }) => ({ url: `line://${config.hostname}:${config.port}`, body }),
  async deliver(host, { config, credentials, request }) {
    const socket = await host.connect(config)
    try {
      socket.write(`${credentials.token} ${request.body}\n`)
      const [answer] = await once(createInterface(socket), 'line', { signal: host.signal })
      return answer === 'ok' ? { kind: 'success' } : { kind: 'retry', reason: 'It was not taken' }
    } finally {
      socket.destroy()
    }
  },
  samples: {
    config: { hostname: 'line.example.com', port: 7 },
    credentials: { token: 'made-up-0123456789' },
    rejects: [{ config: { hostname: 'line.example.com', port: 0 }, path: ['config', 'port'] }],
  },
})

/** A server of that kind. */
export async function startLineServer(onLine: (text: string) => void): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((socket) => {
    createInterface(socket).on('line', (text) => {
      onLine(text)
      socket.write('ok\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
