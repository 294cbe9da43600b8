import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Reads the choices of a field from its account. */
export default defineConnector({
  apiVersion: 1,
  key: 'channels',
  version: '1.0.0',
  displayName: 'Channels',
  description: 'Posts into a channel.',
  category: 'chat',
  config: z.strictObject({
    url: z.url().meta({ format: 'uri', title: 'URL', description: 'The account.' }),
    channel: z.string().meta({ title: 'Channel', description: 'Where to post.' }),
  }),
  credentials: z.strictObject({ token: z.string().min(8).meta({ title: 'Token', description: 'From its settings.' }) }),
  target: ({ config }) => ({ label: config.channel }),
  buildRequest: ({ body, config }) => ({ url: config.url, body }),
  options: {
    channel: async (host, { config, credentials, search }) => {
      if (search === 'nonsense') return 'nothing' as never
      const response = await host.fetch(`${config.url}/channels?search=${search}`, {
        headers: { authorization: `Bearer ${credentials.token}` },
      })
      if (!response.ok) throw new Error(`HTTP ${response.status} for ${credentials.token}: ${await response.text()}`)
      return (await response.json()) as { label: string; value: string }[]
    },
  },
})
