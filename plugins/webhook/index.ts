import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** The event as the application publishes it, signed, by POST to any URL. */
export default defineConnector({
  apiVersion: 1,
  key: 'webhook',
  version: '1.0.0',
  displayName: 'Webhook',
  description: 'Sends each event to your own server as a signed HTTP POST.',
  category: 'webhook',
  config: z.strictObject({
    url: z
      .string()
      .max(2_048)
      .meta({
        format: 'uri',
        title: 'URL',
        description: 'Where events are sent. Answer with any 2xx status as soon as the event is stored.',
        examples: ['https://example.com/webhooks'],
      }),
  }),
  target: ({ config }) => ({ label: new URL(config.url).host }),
  buildRequest: ({ config, body }) => ({ url: config.url, body, sign: true }),
  samples: {
    config: { url: 'https://example.com/webhooks' },
    rejects: [
      { config: {}, path: ['config', 'url'] },
      { config: { url: 'not a url' }, path: ['config', 'url'] },
      { config: { url: 'https://10.0.0.1/' }, path: ['config', 'url'] },
      { config: { url: 'https://example.com/', secret: 'x' }, path: ['config', 'secret'] },
    ],
    responses: [
      { name: 'taken', response: { statusCode: 204 }, kind: 'success' },
      { name: 'not there', response: { statusCode: 404 }, kind: 'retry' },
      { name: 'gone', response: { statusCode: 410 }, kind: 'disable' },
    ],
  },
})
