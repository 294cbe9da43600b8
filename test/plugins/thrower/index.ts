import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

export default defineConnector({
  apiVersion: 1,
  key: 'thrower',
  version: '1.0.0',
  displayName: 'Thrower',
  description: 'Throws.',
  category: 'other',
  config: z.strictObject({ how: z.enum(['throw', 'nothing', 'header', 'url']) }),
  target: ({ config }) => ({ label: config.how }),
  buildRequest: ({ config }) => {
    if (config.how === 'throw') throw new Error('no template for this type')
    if (config.how === 'nothing') return undefined as never
    return {
      url: config.how === 'url' ? 'not a url' : 'http://127.0.0.1:1/',
      ...(config.how === 'header' && { headers: { 'bad header': 'x' } }),
    }
  },
})
