import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Sends each event to Acme as a note. */
export default defineConnector({
  apiVersion: 1,
  key: 'acme',
  version: '1.0.0',
  displayName: 'Acme',
  description: 'Sends each event to Acme as a note.',
  category: 'other',
  config: z.strictObject({
    url: z
      .string()
      .max(2_048)
      .meta({
        // The outbound guard looks at fields of this format when they are saved.
        format: 'uri',
        title: 'URL',
        description: 'The address of your account, from its settings.',
        examples: ['https://acme.example.com/v1/notes'],
      }),
  }),
  credentials: z.strictObject({
    token: z.string().min(16).max(200).meta({ title: 'API token', description: 'Made under Settings, API tokens.' }),
  }),
  target: ({ config }) => ({ label: new URL(config.url).host }),
  // Pure: the same event gives the same request.
  buildRequest: ({ event, config, credentials }) => ({
    url: config.url,
    headers: { authorization: `Bearer ${credentials.token}` },
    body: JSON.stringify({ id: event.id, title: event.type, time: event.createdAt, data: event.data }),
  }),
  // What HTTP's own meaning does not say. Everything else is left to the status code.
  classify: ({ statusCode }) =>
    statusCode === 401
      ? { kind: 'disable', reason: 'Acme refuses the token: make a new one', because: 'CREDENTIALS_REJECTED' }
      : undefined,
  check: async (host, { config, credentials }) => {
    const response = await host.fetch(config.url, {
      headers: { authorization: `Bearer ${credentials.token}` },
      signal: host.signal,
    })
    return response.ok ? [] : [{ message: `Acme answers ${response.status}`, path: ['credentials', 'token'] }]
  },
  samples: {
    config: { url: 'https://acme.example.com/v1/notes' },
    credentials: { token: 'made-up-0123456789abcdef' },
    rejects: [
      { config: { url: 5 }, path: ['config', 'url'] },
      { config: { url: 'http://10.0.0.1/' }, path: ['config', 'url'] },
      { credentials: { token: 'short' }, path: ['credentials', 'token'] },
    ],
    responses: [
      { name: 'stored', response: { statusCode: 201, body: '{"id":"note_1"}' }, kind: 'success' },
      { name: 'wrong token', response: { statusCode: 401 }, kind: 'disable' },
      { name: 'down', response: { statusCode: 503 }, kind: 'retry' },
    ],
  },
})
