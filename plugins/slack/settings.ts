import { type CheckIssue, checkTemplate, PLACEHOLDERS, type Settings, templateProblem } from 'postrider/connector'
import { z } from 'zod'

const template = z.string().superRefine(checkTemplate)

/** What a placeholder has between its braces. */
const path = z
  .string()
  .max(200)
  .regex(/^[^{}\s]+$/, { error: 'is no path such as data.customer.name', abort: true })
  .refine((one) => !templateProblem(`{{${one}}}`), {
    error: ({ input }) => `is nothing that an event has: write data.${input} for a value of its data`,
  })

/** Settings of a Slack destination. With a channel a bot posts; without one an incoming webhook, which has its own. */
export const configSchema = z
  .strictObject({
    channel: z
      .string()
      .regex(
        /^[CG][A-Z0-9]{6,20}$/,
        'is no ID of a channel, such as C0123456789: choose it from the list, or copy it from the details of the channel in Slack',
      )
      .optional()
      .meta({
        title: 'Channel',
        description:
          "Where the bot posts: the channel's ID. Leave it empty with an incoming-webhook URL, which has its channel already.",
        examples: ['C0123456789'],
      }),
    title: template
      .min(1)
      .max(150)
      .default('{{type}}')
      .meta({
        title: 'Title',
        description: `Headline of the message. ${PLACEHOLDERS}`,
        examples: ['Order {{data.order.id}} was paid'],
      }),
    text: template
      .max(1_000)
      .optional()
      .meta({
        title: 'Text',
        description: `A paragraph below the headline. ${PLACEHOLDERS} Your own words may use Slack’s formatting, such as *bold* or <!here>; values are shown as they are. Default: none.`,
        examples: ['*{{data.customer.name}}* paid {{data.order.total}}.'],
      }),
    fields: z
      .array(path)
      .max(10)
      .optional()
      .meta({
        title: 'Fields',
        description:
          'Up to 10 paths of values that are shown as a table: what a placeholder has between its braces, such as data.customer.name. Default: the first ten plain values of the data. An empty list shows none.',
        examples: [['data.order.id', 'data.customer.name']],
      }),
    showData: z.boolean().default(true).meta({
      title: 'Show the data',
      description: 'Whether the message ends with the beginning of the data as JSON.',
    }),
    link: template
      .max(1_000)
      .optional()
      .meta({
        title: 'Link',
        description: `Address that a button opens, http or https. ${PLACEHOLDERS} No button is shown when a value is missing.`,
        examples: ['https://app.example.com/orders/{{data.order.id}}'],
      }),
    linkLabel: z
      .string()
      .min(1)
      .max(75)
      .default('Open')
      .meta({ title: 'Text of the button', description: 'What the button says.' }),
    threadKey: template
      .min(1)
      .max(200)
      .optional()
      .meta({
        title: 'Thread',
        description: `Messages for which it comes to the same go into one thread for 30 days, those without one of its values into none. ${PLACEHOLDERS} Needs a bot and its channel. Default: no threads.`,
        examples: ['{{data.order.id}}'],
      }),
    apiUrl: z
      .string()
      .max(2_048)
      .optional()
      .meta({
        format: 'uri',
        title: 'API address',
        description: 'Only for GovSlack and tests: the base of Slack’s Web API. Default: https://slack.com/api/.',
        examples: ['https://slack-gov.com/api/'],
      }),
  })
  .superRefine((config, context) => {
    if (config.threadKey === undefined || config.channel !== undefined) return
    const message =
      'needs a bot token and a channel: an incoming webhook does not say which message it posted, so nothing can go into its thread'
    context.addIssue({ code: 'custom', path: ['threadKey'], message })
  })

/** Exactly one of the two. */
export const credentialsSchema = z
  .strictObject({
    botToken: z
      .string()
      .regex(
        /^xoxb-[A-Za-z0-9-]{8,250}$/,
        'is no bot token: it begins with xoxb-, and stands in your app under OAuth & Permissions',
      )
      .optional()
      .meta({
        title: 'Bot token',
        description: 'Bot User OAuth Token of your Slack app (xoxb-…). Give this or an incoming-webhook URL.',
      }),
    webhookUrl: z
      .string()
      .max(2_048)
      .refine(isWebhookUrl, 'is no incoming-webhook URL: it looks like https://hooks.slack.com/services/T…/B…/…')
      .optional()
      .meta({
        title: 'Incoming-webhook URL',
        description:
          'From your Slack app under Incoming Webhooks. Whoever knows it can post. Give this or a bot token.',
      }),
  })
  .superRefine(({ botToken, webhookUrl }, context) => {
    if (botToken === undefined && webhookUrl === undefined) {
      const message = 'is missing: give a bot token, or an incoming-webhook URL'
      context.addIssue({ code: 'custom', path: ['botToken'], message })
    } else if (botToken !== undefined && webhookUrl !== undefined) {
      const message = 'is one too many: give either a bot token or an incoming-webhook URL, and remove the other'
      context.addIssue({ code: 'custom', path: ['webhookUrl'], message })
    }
  })

export type Config = z.output<typeof configSchema>
export type Credentials = z.output<typeof credentialsSchema>

const SLACK_API = 'https://slack.com/api/'

/** Base of the Web API, with its slash at the end. */
export function apiBase({ apiUrl = SLACK_API }: Partial<Config>): string {
  return apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`
}

/** A bot is told where to post, a webhook knows. */
export function refine({
  config: { channel },
  credentials: { botToken, webhookUrl },
}: Settings<Config, Credentials>): readonly CheckIssue[] {
  const path = ['config', 'channel'] as const
  if (botToken !== undefined && channel === undefined)
    return [{ path, message: 'is missing: a bot token needs the channel to post to' }]
  if (webhookUrl === undefined || channel === undefined) return []
  const message =
    'has to be empty: an incoming webhook posts to its own channel only. To choose one, give a bot token instead'
  return [{ path, message }]
}

/** Any host: GovSlack has its own, and so have tests. The outbound guard looks at it when it is called. */
function isWebhookUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname.startsWith('/services/')
}
