import { z } from 'zod'
import { base, type Definition } from './base.ts'

let seen = 'nobody yet'

/** Keeps secrets where they are shown: in a setting, in forms that the host does not know, in the label, on the console. */
export default {
  ...base,
  config: z.strictObject({
    url: z.string().meta({ format: 'uri', title: 'URL', description: 'Where to.' }),
    apiKey: z.string().optional().meta({ title: 'Key', description: 'From its settings.' }),
  }),
  target: () => ({ label: `as ${seen}` }),
  buildRequest: (context) => {
    const { token } = context.credentials
    seen = token
    console.log('sending with', token)
    return { ...base.buildRequest(context), headers: { 'x-token': [...token].reverse().join('') } }
  },
  classify: ({ body }) => {
    const [, token] = /"token":"(.*?)"/.exec(body) ?? []
    return token ? { kind: 'retry', reason: `not now, ${[...token].reverse().join('')}` } : undefined
  },
} satisfies Definition
