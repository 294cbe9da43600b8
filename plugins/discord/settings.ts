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
      description: 'What this destination is called in lists. Discord decides by the URL where messages go.',
      examples: ['#alerts'],
    }),
  title: template.default('{{type}}').meta({ title: 'Title', description: `Above each message. ${PLACEHOLDERS}` }),
  text: template.optional().meta({
    title: 'Text',
    description: `Beneath the title, with Discord's markdown. ${PLACEHOLDERS}`,
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
      description: `Where the title leads. ${PLACEHOLDERS}`,
      examples: ['https://app.example.com/orders/{{data.id}}'],
    }),
  color: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as #5865f2')
    .optional()
    .meta({ title: 'Colour', description: 'Of the bar beside each message.', examples: ['#5865f2'] }),
  username: z
    .string()
    .trim()
    .min(1)
    .max(80)
    .refine((name) => !/discord|clyde/i.test(name), 'must not contain "discord" or "clyde": Discord refuses that')
    .optional()
    .meta({ title: 'User name', description: 'Who messages come from. Default: the name of the webhook.' }),
  threadId: z
    .string()
    .regex(/^\d{15,21}$/, 'must be the number that "Copy thread ID" gives')
    .optional()
    .meta({ title: 'Thread ID', description: 'A thread of the channel, when messages are to go there.' }),
})

export const credentialsSchema = z.strictObject({
  url: z
    .string()
    .trim()
    .max(500)
    .refine(isWebhookUrl, 'must be the URL that Discord gives for a webhook: https://discord.com/api/webhooks/…/…')
    .meta({
      format: 'uri',
      title: 'Webhook URL',
      description:
        'From the settings of the channel: Integrations, Webhooks, Copy Webhook URL. Whoever has it can post.',
    }),
})

export type Config = z.infer<typeof configSchema>
export type Credentials = z.infer<typeof credentialsSchema>

const DISCORD_HOSTS = ['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com']
/** Never reached in production, because the host refuses to: for tests on one's own machine. */
const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost']

function isWebhookUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url || !/^\/api(\/v\d+)?\/webhooks\/\d+\/[\w-]+$/.test(url.pathname)) return false
  // As it is parsed, or what is recorded would not show the secret as the text that is blanked out.
  if (url.search !== '' || url.href !== text) return false
  const isDiscord = url.protocol === 'https:' && DISCORD_HOSTS.includes(url.host)
  return isDiscord || LOOPBACK_HOSTS.includes(url.hostname)
}
