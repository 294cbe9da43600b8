import { type ConnectorRequest, type DestinationHost, defineConnector, type RequestContext } from 'postrider/connector'
import { check } from './check.ts'
import { openClient, refused } from './open-client.ts'
import { isElsewhere, Refusal } from './refusal.ts'
import { type Config, type Credentials, configSchema, credentialsSchema, parts, streamFor, urlFor } from './settings.ts'

/** The event as the application publishes it, as an entry of a Redis stream. */
export default defineConnector({
  apiVersion: 1,
  key: 'redis',
  version: '1.0.0',
  displayName: 'Redis Streams',
  description: 'Adds each event to a stream, from which consumer groups read.',
  category: 'queue',
  config: configSchema,
  credentials: credentialsSchema,
  target: ({ config }) => ({ label: `${config.stream} at ${config.host}` }),
  buildRequest: ({ event, body, config }) => ({ method: 'XADD', url: urlFor(config, event), body, sign: true }),
  async deliver(host, context) {
    try {
      await addEntry(host, context)
      return { kind: 'success' }
    } catch (error) {
      if (error instanceof Refusal) return error.verdict
      throw error
    }
  },
  check,
  samples: {
    config: {
      host: 'redis.example.com',
      port: 6_379,
      tls: true,
      db: 0,
      stream: 'events:{{type}}',
      maxLength: 100_000,
      fields: { id: 'id', type: 'type', createdAt: 'createdAt', body: 'body', headers: 'headers' },
    },
    credentials: { user: 'courier', password: 'made-up-password' },
    rejects: [
      { config: { host: 'redis://redis.example.com', stream: 'events' }, path: ['config', 'host'] },
      { config: { host: 'redis.example.com' }, path: ['config', 'stream'] },
      { config: { host: 'redis.example.com', stream: '{{order.id}}' }, path: ['config', 'stream'] },
      {
        config: { host: 'redis.example.com', stream: 'events', fields: { id: 'same', type: 'same' } },
        path: ['config', 'fields'],
      },
      { config: { host: 'redis.example.com', stream: 'events', maxLength: -1 }, path: ['config', 'maxLength'] },
      { credentials: { user: 'courier' }, path: ['credentials', 'password'] },
    ],
  },
})

type Delivery = RequestContext<Config, Credentials> & { readonly request: Required<Omit<ConnectorRequest, 'sign'>> }

async function addEntry(host: DestinationHost, { event, config, credentials, request }: Delivery): Promise<void> {
  const client = await host.share((lost) => openClient(host, { config, credentials }, lost))
  const values = {
    id: event.id,
    type: event.type,
    createdAt: event.createdAt.toISOString(),
    body: request.body,
    headers: JSON.stringify(request.headers),
  }
  const pairs = parts.flatMap((part) => (config.fields[part] === '' ? [] : [config.fields[part], values[part]]))
  const trim = config.maxLength === 0 ? [] : ['MAXLEN', '~', config.maxLength]
  try {
    await client.call('XADD', streamFor(config, event), ...trim, '*', ...pairs)
  } catch (error) {
    // Its end tells the host.
    if (error instanceof Error && isElsewhere(error.message)) client.close()
    throw refused(error)
  }
}
