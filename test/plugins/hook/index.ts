import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Is called by a URL that nobody else may know. */
export default defineConnector({
  apiVersion: 1,
  key: 'hook',
  version: '1.0.0',
  displayName: 'Hook',
  description: 'A secret URL.',
  category: 'other',
  config: z.strictObject({}),
  credentials: z.strictObject({ url: z.string().meta({ format: 'uri', title: 'URL', description: 'Secret.' }) }),
  target: () => ({ label: 'hook' }),
  buildRequest: ({ credentials, body }) => ({ url: credentials.url, body }),
  samples: {
    config: {},
    credentials: { url: 'https://hook.example.com/made-up' },
    rejects: [],
  },
})
