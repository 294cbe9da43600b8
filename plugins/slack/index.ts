import { defineConnector } from 'postrider/connector'
import { classify } from './answers.ts'
import { checkSettings, listChannels } from './channels.ts'
import { deliver } from './deliver.ts'
import { buildMessage } from './message.ts'
import { samples } from './samples.ts'
import { apiBase, configSchema, credentialsSchema, refine } from './settings.ts'

/** Events as messages in a channel: posted by a bot (chat.postMessage), or to an incoming webhook. */
export default defineConnector({
  apiVersion: 1,
  key: 'slack',
  version: '1.0.0',
  displayName: 'Slack',
  description: 'Posts each event as a message to a Slack channel.',
  category: 'chat',
  config: configSchema,
  credentials: credentialsSchema,
  refine,
  // https://docs.slack.dev/apis/web-api/rate-limits: one message a second in a channel, and of a webhook.
  rateLimit: 1,
  target: ({ config }) => ({ label: config.channel ?? 'Incoming webhook' }),
  buildRequest: ({ event, config, credentials, delivery }) => {
    const message = buildMessage({ event, config, delivery })
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    // A preview of a destination that is still to be made may have none of its own: the channel tells what they will be.
    if (config.channel === undefined)
      return {
        url: credentials.webhookUrl ?? 'https://hooks.slack.com/services/',
        headers,
        body: JSON.stringify(message),
      }
    return {
      url: `${apiBase(config)}chat.postMessage`,
      headers: { ...headers, authorization: `Bearer ${credentials.botToken ?? ''}` },
      body: JSON.stringify({ channel: config.channel, ...message }),
    }
  },
  classify,
  deliver,
  check: checkSettings,
  options: { channel: listChannels },
  samples,
})
