import { EventEmitter } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type DeliverResult, type DestinationHost, defineConnector } from 'postrider/connector'
import { z } from 'zod'

const config = z.strictObject({ how: z.string(), port: z.int().default(1), url: z.string().default('') })
type Config = z.infer<typeof config>

/** Does what no library should, in the way that its config says. */
export default defineConnector({
  apiVersion: 1,
  key: 'rogue',
  version: '1.0.0',
  displayName: 'Rogue',
  description: 'Does what no library should.',
  category: 'other',
  config,
  target: ({ config }) => ({ label: config.how }),
  buildRequest: ({ body }) => ({ url: 'rogue://host', body }),
  deliver: (host, { config }) => ways[config.how]!(host, config),
  check: async (host, { config }) => {
    await ways[config.how]!(host as DestinationHost, config)
    return []
  },
  options: {
    how: async (host, { config }) => {
      await ways[config.how!]!(host as DestinationHost, config as Config)
      return [{ label: 'How', value: 'how' }]
    },
  },
})

type Way = (host: DestinationHost, config: Config) => Promise<DeliverResult>

const never = () => new Promise<never>(() => undefined)
const success: DeliverResult = { kind: 'success' }

const ways: Record<string, Way> = {
  works: async () => success,
  'throws in the next tick': () => {
    process.nextTick(() => {
      throw new Error('in the next tick')
    })
    return never()
  },
  'throws from a timer': () => {
    setTimeout(() => {
      throw new Error('from a timer')
    }, 1)
    return never()
  },
  'throws from a socket': async (host, { port }) => {
    const socket = await host.connect({ hostname: '127.0.0.1', port })
    socket.on('data', () => {
      throw new Error('from a socket')
    })
    socket.write('hello')
    return never()
  },
  'emits an error': () => {
    setImmediate(() => new EventEmitter().emit('error', new Error('that nobody listens for')))
    return never()
  },
  'rejects and nobody looks': async () => {
    void Promise.reject(new Error('words of a library'))
    return success
  },
  spins: async () => {
    for (;;);
  },
  'fills the memory': async () => {
    const kept: unknown[] = []
    for (;;) {
      kept.push(new Array(1_000_000).fill(0.5))
      await nextTurn()
    }
  },
  'ends the process': () => process.exit(7),
  'returns what cannot be passed on': async () => ({ kind: 'success', more: () => undefined }) as DeliverResult,
  waits: async (host, { url }) => {
    await host.fetch(url)
    return success
  },
}
