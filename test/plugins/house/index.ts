import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Needs something set up at its service, and taken down. */
export default defineConnector({
  apiVersion: 1,
  key: 'house',
  version: '1.0.0',
  displayName: 'House',
  description: 'Is built and torn down.',
  category: 'other',
  config: z.strictObject({ url: z.string(), room: z.string().default('first') }),
  credentials: z.strictObject({ token: z.string() }),
  refine: ({ config, credentials }) =>
    config.room === credentials.token ? [{ path: ['config', 'room'], message: 'is the token' }] : [],
  target: ({ config }) => ({ label: config.room }),
  buildRequest: ({ config, body }) => ({ url: config.url, body }),
  async check(host, { config, credentials }) {
    const response = await host.fetch(`${config.url}/check`, { headers: { authorization: credentials.token } })
    if (response.status === 401) return [{ path: ['credentials', 'token'], message: 'is not known' }]
    if (response.status === 500) throw new Error(`it broke at ${credentials.token}`)
    const issues = (await response.json()) as { room?: string }
    return issues.room ? [{ path: ['config', 'room'], message: issues.room }] : []
  },
  async onCreate(host, { config, credentials }) {
    const id = await host.remember('id', async () => {
      const response = await host.fetch(`${config.url}/houses`, {
        method: 'POST',
        headers: { authorization: credentials.token },
      })
      if (!response.ok) throw new Error(`no ground for ${credentials.token}: ${response.status}`)
      return response.text()
    })
    await host.fetch(`${config.url}/houses/${id}/${config.room}`, { method: 'PUT' })
  },
  async onDelete(host, { config, credentials }) {
    const id = await host.remember('id', async () => 'unknown')
    const response = await host.fetch(`${config.url}/houses/${id}`, {
      method: 'DELETE',
      headers: { authorization: credentials.token },
    })
    if (!response.ok) throw new Error(`${response.status}`)
  },
})
