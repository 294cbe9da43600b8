import { once } from 'node:events'
import { type DeliverResult, type DestinationHost, defineConnector } from 'postrider/connector'
import { z } from 'zod'

const config = z.strictObject({
  how: z.string(),
  url: z.string().default('http://127.0.0.1:1/'),
  port: z.int().default(1),
  hostname: z.string().default('127.0.0.1'),
  tags: z.array(z.string()).default([]),
})
type Config = z.infer<typeof config>
interface Context {
  readonly config: Config
  readonly credentials: { readonly token: string }
  readonly request: { readonly body: string }
  readonly event: { readonly data: unknown }
}

/** Delivers by itself, in the way that its config says. */
export default defineConnector({
  apiVersion: 1,
  key: 'bridge',
  version: '1.0.0',
  displayName: 'Bridge',
  description: 'Delivers by itself.',
  category: 'queue',
  config,
  credentials: z.strictObject({ token: z.string().default('tok_of_the_bridge') }),
  rateLimit: 500,
  target: ({ config }) => ({ label: config.how }),
  buildRequest: ({ body, config, delivery }) => ({
    method: 'PUBLISH',
    url: `bridge://${config.how.replaceAll(' ', '-')}`,
    headers: { 'x-delivery': delivery.id },
    body,
    sign: true,
  }),
  classify: (response) => (response.statusCode === 202 ? { kind: 'fail', reason: 'Read by classify' } : undefined),
  deliver: (host, context) => ways[context.config.how]!(host, context),
})

type Way = (host: DestinationHost, context: Context) => Promise<DeliverResult | undefined>

const post = (host: DestinationHost, { config, request }: Context) =>
  host.fetch(config.url, { method: 'POST', body: request.body })

const ways: Record<string, Way> = {
  async fetches(host, context) {
    await post(host, context)
    const response = await post(host, context)
    return response.ok ? { kind: 'success' } : { kind: 'retry', reason: `It said ${response.status}`, afterMs: 0 }
  },
  async fails(host, context) {
    await post(host, context)
    return {
      kind: 'fail',
      reason: `Not for ${context.credentials.token}`,
      response: { statusCode: 550, body: 'No such box' },
    }
  },
  disables: async () => ({ kind: 'disable', reason: 'Wrong password', because: 'CREDENTIALS_REJECTED' }),
  removes: async () => ({ kind: 'disable', reason: 'Unsubscribed', because: 'GONE', remove: true }),
  'leaves it': async () => undefined,
  'hangs on': () => new Promise(() => undefined),
  async throws(_, { credentials }) {
    throw new Error(`the driver broke with ${credentials.token}`)
  },
  'throws at once': () => {
    throw new Error('before it began')
  },
  'returns nonsense': async () => ({ kind: 'perhaps' }) as unknown as DeliverResult,
  async mutates(_, { config, event }) {
    ;(event.data as { n: number }).n += 1
    ;(config.tags as string[]).push('more')
    return { kind: 'success' }
  },
  async fetches_wrapped(host, context) {
    await post(host, context).catch((error: unknown) => {
      throw Object.assign(new Error('the SDK says no'), { original: error })
    })
    return { kind: 'success' }
  },
  async connects(host, { config, request }) {
    const socket = await host.connect({ hostname: config.hostname, port: config.port })
    socket.end(`${request.body}\n`)
    await once(socket, 'close')
    return { kind: 'success' }
  },
  async 'connects by TLS'(host, { config }) {
    ;(await host.connect({ hostname: config.hostname, port: config.port, tls: true })).destroy()
    return { kind: 'success' }
  },
  async shares(host, { config, event }) {
    const line = await host.share(async (lost) => {
      const socket = await host.connect({ hostname: config.hostname, port: config.port })
      socket.once('close', lost)
      return { value: socket, close: () => void socket.destroy() }
    })
    line.write(`${JSON.stringify(event.data)}\n`)
    return { kind: 'success' }
  },
  async remembers(host, context) {
    const { n } = context.event.data as { n: number }
    const made = await host.remember('thread', async () => (await (await post(host, context)).text()).trim(), {
      ttlSeconds: 60,
    })
    return { kind: 'success', response: { statusCode: 200, body: `${n} in ${made}` } }
  },
}
