import type { Samples } from 'postrider/connector'
import type { Config, Credentials } from './settings.ts'

const json = { 'content-type': 'application/json; charset=utf-8' }

function refused(error: string) {
  return { statusCode: 200, headers: json, body: JSON.stringify({ ok: false, error }) }
}

export const samples: Samples<Config, Credentials> = {
  config: {
    channel: 'C0123456789',
    title: 'Order {{data.order.id}} was paid',
    text: '*{{data.customer.name}}* paid {{data.order.total}}.',
    fields: ['data.order.id', 'data.customer.name'],
    showData: true,
    link: 'https://app.example.com/orders/{{data.order.id}}',
    linkLabel: 'Open the order',
    threadKey: '{{data.order.id}}',
    apiUrl: 'https://slack.com/api/',
  },
  credentials: { botToken: 'xoxb-1234567890-not-a-real-token' },
  rejects: [
    { config: { channel: '#alerts' }, path: ['config', 'channel'] },
    { config: { threadKey: '{{data.order.id}}' }, path: ['config', 'threadKey'] },
    { config: { title: 'x'.repeat(151) }, path: ['config', 'title'] },
    { config: { title: 'Order {{order.id}}' }, path: ['config', 'title'] },
    { config: { text: '{{order.id}}' }, path: ['config', 'text'] },
    { config: { fields: ['data.order.id', 'order.id'] }, path: ['config', 'fields', '1'] },
    { config: { fields: ['{{data.order.id}}'] }, path: ['config', 'fields', '0'] },
    { config: { link: 'https://app.example.com/orders/{{order.id}}' }, path: ['config', 'link'] },
    { config: { channel: 'C0123456789', threadKey: '{{order.id}}' }, path: ['config', 'threadKey'] },
    { credentials: {}, path: ['credentials', 'botToken'] },
    { credentials: { botToken: 'xoxp-1234567890-of-a-person' }, path: ['credentials', 'botToken'] },
    { credentials: { webhookUrl: 'https://app.slack.com/client/T0/C0' }, path: ['credentials', 'webhookUrl'] },
    {
      credentials: {
        botToken: 'xoxb-1234567890-not-a-real-token',
        webhookUrl: 'https://hooks.slack.com/services/T0/B0/not-a-real-one',
      },
      path: ['credentials', 'webhookUrl'],
    },
  ],
  responses: [
    {
      name: 'posted by a bot',
      response: {
        statusCode: 200,
        headers: json,
        body: JSON.stringify({ ok: true, channel: 'C0123456789', ts: '1712345678.000100' }),
      },
      kind: 'success',
    },
    { name: 'posted to a webhook', response: { statusCode: 200, body: 'ok' }, kind: 'success' },
    { name: 'token revoked', response: refused('token_revoked'), kind: 'disable' },
    { name: 'bot not in the channel', response: refused('not_in_channel'), kind: 'fail' },
    { name: 'blocks refused', response: refused('invalid_blocks'), kind: 'fail' },
    { name: 'too many, told with 200', response: refused('ratelimited'), kind: 'retry' },
    { name: 'trouble at Slack', response: refused('internal_error'), kind: 'retry' },
    { name: "a proxy's page", response: { statusCode: 200, body: '<html>Please log in</html>' }, kind: 'retry' },
    { name: 'webhook removed', response: { statusCode: 404, body: 'no_service' }, kind: 'disable' },
    { name: 'channel archived', response: { statusCode: 410, body: 'channel_is_archived' }, kind: 'fail' },
  ],
}
