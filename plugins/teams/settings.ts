import { checkTemplate, PLACEHOLDERS } from 'postrider/connector'
import { z } from 'zod'

const template = z.string().max(1_000).superRefine(checkTemplate)

export const configSchema = z.strictObject({
  channelName: z
    .string()
    .max(100)
    .optional()
    .meta({
      title: 'Channel',
      description: 'What this destination is called in lists. The workflow decides where messages go.',
      examples: ['Sales / Orders'],
    }),
  title: template.default('{{type}}').meta({ title: 'Title', description: `Above each message. ${PLACEHOLDERS}` }),
  text: template.optional().meta({
    title: 'Text',
    description: `Beneath the title, with **bold**, _italic_, lists and [links](https://…). ${PLACEHOLDERS}`,
    examples: ['**{{data.customer.name}}** paid {{data.amount}}'],
  }),
  details: z.enum(['fields', 'json', 'none']).default('fields').meta({
    title: 'Details',
    description: 'How the data is shown: its first ten values one by one, as JSON, or not at all.',
  }),
  link: template
    .regex(/^https?:\/\/[^\s/{}?#@]+([/?#]|$)/, 'must begin with https:// and a host')
    .optional()
    .meta({
      title: 'Link',
      description: `Where the button beneath the message leads. ${PLACEHOLDERS}`,
      examples: ['https://app.example.com/orders/{{data.id}}'],
    }),
  linkTitle: z.string().min(1).max(50).default('Open').meta({
    title: 'Button',
    description: 'What the button says.',
  }),
})

export const credentialsSchema = z.strictObject({
  url: z
    .string()
    .trim()
    .max(2_000)
    .refine(isWorkflowUrl, 'must be the URL that the workflow shows, with its "sig=…"')
    .meta({
      format: 'uri',
      title: 'Workflow URL',
      description: 'Of the trigger "When a Teams webhook request is received". Whoever has it can post.',
    }),
})

export type Config = z.infer<typeof configSchema>
export type Credentials = z.infer<typeof credentialsSchema>

/** Logic Apps, the Power Platform that follows it, and both in the clouds of the United States and of China. */
const WORKFLOW_HOSTS = [
  '.logic.azure.com',
  '.logic.azure.us',
  '.logic.azure.cn',
  '.api.powerplatform.com',
  '.api.gov.powerplatform.microsoft.us',
  '.api.high.powerplatform.microsoft.us',
  '.api.powerplatform.partner.microsoftonline.cn',
]
/** Never reached in production, because the host refuses to: for tests on one's own machine. */
const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost']

function isWorkflowUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url || /\s/.test(text) || !url.searchParams.get('sig')) return false
  const isWorkflow =
    url.protocol === 'https:' && url.port === '' && WORKFLOW_HOSTS.some((suffix) => url.hostname.endsWith(suffix))
  return isWorkflow || LOOPBACK_HOSTS.includes(url.hostname)
}
