import { type Classification, type ConnectorResponse, defineConnector } from 'postrider/connector'
import { z } from 'zod'
import { buildMessage } from './message.ts'
import { type Config, type Credentials, configSchema, credentialsSchema } from './settings.ts'

/** Posts an embed for each event through an incoming webhook of a channel. */
export default defineConnector<Config, Credentials>({
  apiVersion: 1,
  key: 'discord',
  version: '1.0.0',
  displayName: 'Discord',
  description: 'Posts a message for each event in a channel of Discord.',
  category: 'chat',
  config: configSchema,
  credentials: credentialsSchema,
  // Five in two seconds for a webhook, as its x-ratelimit headers say.
  rateLimit: 2,
  target: ({ config }) => ({ label: config.channelName ?? 'Discord' }),
  buildRequest: ({ event, config, credentials, delivery }) => ({
    // With `wait` the answer comes after the message was stored, and says what was wrong with it.
    url: `${credentials.url}?wait=true${config.threadId ? `&thread_id=${config.threadId}` : ''}`,
    headers: { 'content-type': 'application/json', 'user-agent': 'Postrider-Discord/1.0.0' },
    body: JSON.stringify(buildMessage(event, config, delivery.isTest)),
  }),
  classify,
  async check(host, { credentials }) {
    const response = await host.fetch(credentials.url)
    if (response.ok) return []
    const verdict = classify({ statusCode: response.status, headers: {}, body: await response.text() })
    const isGone = verdict?.kind === 'disable'
    const message = isGone ? verdict.reason : `Discord answered ${response.status}`
    return [isGone ? { message, path: ['credentials', 'url'] } : { message }]
  },
  samples: {
    config: {
      channelName: '#alerts',
      title: '{{type}}',
      text: '**{{data.customer.name}}** wrote',
      details: 'fields',
      link: 'https://app.example.com/tickets/{{data.id}}',
      color: '#5865f2',
    },
    credentials: {
      url: 'https://discord.com/api/webhooks/1012345678901234567/made-up_token-0123456789abcdefghijklmnopqrstuvwxyz',
    },
    rejects: [
      {
        credentials: { url: 'https://example.com/api/webhooks/1012345678901234567/token' },
        path: ['credentials', 'url'],
      },
      {
        credentials: { url: 'http://discord.com/api/webhooks/1012345678901234567/token' },
        path: ['credentials', 'url'],
      },
      { config: { color: 'red' }, path: ['config', 'color'] },
      { config: { link: 'javascript:alert(1)' }, path: ['config', 'link'] },
      { config: { title: 'Ticket {{ticket.id}}' }, path: ['config', 'title'] },
      { config: { text: '{{ticket.id}}' }, path: ['config', 'text'] },
      { config: { link: 'https://app.example.com/tickets/{{ticket.id}}' }, path: ['config', 'link'] },
      { config: { username: 'Discord' }, path: ['config', 'username'] },
    ],
    responses: [
      { name: 'posted', response: { statusCode: 200, body: '{"id":"1","type":0,"content":""}' }, kind: 'success' },
      { name: 'posted, without wait', response: { statusCode: 204 }, kind: 'success' },
      {
        name: 'too fast',
        response: {
          statusCode: 429,
          headers: { 'retry-after': '1' },
          body: '{"message":"You are being rate limited.","retry_after":0.64,"global":false}',
        },
        kind: 'retry',
      },
      {
        name: 'the webhook was deleted',
        response: { statusCode: 404, body: '{"message":"Unknown Webhook","code":10015}' },
        kind: 'disable',
      },
      {
        name: 'the token is wrong',
        response: { statusCode: 401, body: '{"message":"Invalid Webhook Token","code":50027}' },
        kind: 'disable',
      },
      {
        name: 'the thread is not there',
        response: { statusCode: 400, body: '{"message":"Unknown Channel","code":10003}' },
        kind: 'fail',
      },
      {
        name: 'the message is wrong',
        response: { statusCode: 400, body: '{"message":"Invalid Form Body","code":50035,"errors":{}}' },
        kind: 'fail',
      },
    ],
  },
})

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const UNKNOWN_CHANNEL = 10_003
const UNKNOWN_WEBHOOK = 10_015

const errorSchema = z.object({
  code: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  errors: z.unknown().optional(),
  /** Seconds, with a fraction. */
  retry_after: z.number().min(0).optional().catch(undefined),
})

function classify({ statusCode, body }: ConnectorResponse): Classification | undefined {
  if (statusCode < 400) return undefined
  const { code, message = `status ${statusCode}`, errors, retry_after } = readError(body)
  // Finer than the Retry-After header, which the host obeys when this is not there.
  if (statusCode === 429) {
    const reason = 'Discord asks for fewer messages'
    if (retry_after === undefined) return undefined
    return { kind: 'retry', because: 'RATE_LIMITED', reason, afterMs: Math.ceil(retry_after * 1_000) }
  }
  if (code === UNKNOWN_CHANNEL)
    return { kind: 'fail', reason: 'Discord knows no thread of this ID: check the settings' }
  if (code === UNKNOWN_WEBHOOK) {
    const reason = 'The webhook was deleted in Discord: make a new one, and store its URL here'
    return { kind: 'disable', because: 'GONE', reason }
  }
  if (statusCode === 401) {
    const reason = 'Discord refused the token in the URL: copy the URL of the webhook again, and store it here'
    return { kind: 'disable', because: 'CREDENTIALS_REJECTED', reason }
  }
  if (statusCode !== 400 && statusCode !== 413) return undefined
  return {
    kind: 'fail',
    reason: `Discord refused the message: ${message}${errors ? ` ${JSON.stringify(errors)}` : ''}`,
  }
}

/** Nothing of an answer that is not Discord's JSON, such as an error page of a proxy in front of it. */
function readError(body: string): z.infer<typeof errorSchema> {
  try {
    return errorSchema.parse(JSON.parse(body))
  } catch {
    return {}
  }
}
