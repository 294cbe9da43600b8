import { type ConnectorDefinition, defineConnector } from 'postrider/connector'
import { z } from 'zod'

interface Config {
  readonly url: string
}

interface Credentials {
  readonly token: string
}

export type Definition = ConnectorDefinition<Config, Credentials>

/** A connector with nothing wrong, for the others to break in one way each. */
export const base: Definition = defineConnector({
  apiVersion: 1,
  key: 'base',
  version: '1.0.0',
  displayName: 'Base',
  description: 'Takes everything.',
  category: 'other',
  config: z.strictObject({
    url: z.string().meta({ format: 'uri', title: 'URL', description: 'Where to.' }),
  }),
  credentials: z.strictObject({
    token: z.string().min(8).meta({ title: 'Token', description: 'From its settings.' }),
  }),
  target: ({ config }) => ({ label: new URL(config.url).host }),
  buildRequest: ({ config, credentials, body }) => ({
    url: config.url,
    headers: { authorization: `Bearer ${credentials.token}` },
    body,
  }),
  samples: {
    config: { url: 'https://base.example.com/hook' },
    credentials: { token: 'made-up-0123456789' },
    rejects: [{ config: { url: 5 }, path: ['config', 'url'] }],
    responses: [{ name: 'taken', response: { statusCode: 200 }, kind: 'success' }],
  },
})
