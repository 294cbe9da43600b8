import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Puts its credential everywhere a connector can: URL, header, body. */
export default defineConnector({
  apiVersion: 1,
  key: 'pager',
  version: '1.2.3',
  displayName: 'Pager',
  description: 'Rings a pager.',
  category: 'chat',
  config: z.strictObject({ url: z.url().meta({ format: 'uri', title: 'URL', description: 'The pager.' }) }),
  credentials: z.strictObject({
    token: z.string().min(8).meta({ title: 'Token', description: 'From its settings.' }),
    pin: z.string().optional().meta({ title: 'PIN', description: 'If it has one.' }),
  }),
  target: ({ config }) => ({ label: new URL(config.url).host }),
  buildRequest: ({ event, config, credentials }) => ({
    url: `${config.url}?token=${encodeURIComponent(credentials.token)}`,
    headers: {
      authorization: `Bearer ${encodeURIComponent(credentials.token)}`,
      'x-token': encodeURIComponent(credentials.token),
      'x-basic': Buffer.from(`user:${credentials.token}`).toString('base64'),
      ...(credentials.pin && { 'x-pin': `PIN ${credentials.pin}` }),
    },
    body: JSON.stringify({ id: event.id, ...(event.data as { n: number }), token: credentials.token }),
  }),
  classify: (response) => {
    if (response.body === 'queue full') return { kind: 'retry', reason: 'The queue is full', afterMs: 0 }
    if (response.statusCode === 401) return { kind: 'disable', reason: 'Bad token', because: 'CREDENTIALS_REJECTED' }
    return response.statusCode === 400 ? { kind: 'fail', reason: `Not wanted: ${response.body}` } : undefined
  },
})
