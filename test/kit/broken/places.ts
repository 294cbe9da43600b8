import { z } from 'zod'
import { base, type Definition } from './base.ts'

interface Config {
  readonly url: string
  readonly workspace?: string
}

const config = z.strictObject({
  url: z.string().meta({ format: 'uri', title: 'URL', description: 'Where to.' }),
  workspace: z.string().optional().meta({ title: 'Workspace', description: 'Of several.' }),
})

const server = ({ url, workspace }: Config) => (workspace ? `https://${workspace}.example.org/hook` : url)

/** Goes to a server that its schema does not tell. */
export default {
  ...base,
  config,
  buildRequest: (context) => ({ ...base.buildRequest(context), url: server(context.config) }),
} satisfies Definition

/** The same, and says so. */
export const told: Definition = {
  ...base,
  config,
  sendsCredentialsTo: ({ config }) => [server(config)],
  buildRequest: (context) => ({ ...base.buildRequest(context), url: server(context.config) }),
}
