import { type Classification, type ConnectorResponse, defineConnector } from 'postrider/connector'
import { z } from 'zod'
import { buildMessage } from './card.ts'
import { type Config, type Credentials, configSchema, credentialsSchema } from './settings.ts'

const SAMPLE_URL =
  'https://prod-23.westeurope.logic.azure.com:443/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=made-up-signature-0123456789'

/** Posts an Adaptive Card for each event through a workflow (Power Automate) of a chat or channel. */
export default defineConnector<Config, Credentials>({
  apiVersion: 1,
  key: 'teams',
  version: '1.0.0',
  displayName: 'Microsoft Teams',
  description: 'Posts a card for each event in a chat or channel of Microsoft Teams.',
  category: 'chat',
  config: configSchema,
  credentials: credentialsSchema,
  // https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
  rateLimit: 4,
  target: ({ config }) => ({ label: config.channelName ?? 'Microsoft Teams' }),
  buildRequest: ({ event, config, credentials, delivery }) => ({
    url: credentials.url,
    body: JSON.stringify(buildMessage(event, config, delivery.isTest)),
  }),
  classify,
  samples: {
    config: {
      channelName: 'Sales / Orders',
      title: 'Order {{data.id}}',
      text: '**{{data.customer.name}}** paid',
      details: 'fields',
      link: 'https://app.example.com/orders/{{data.id}}',
      linkTitle: 'Open order',
    },
    credentials: { url: SAMPLE_URL },
    rejects: [
      { credentials: { url: SAMPLE_URL.replace('logic.azure.com', 'example.com') }, path: ['credentials', 'url'] },
      { credentials: { url: SAMPLE_URL.replace('https:', 'http:') }, path: ['credentials', 'url'] },
      { credentials: { url: SAMPLE_URL.split('&sig')[0] }, path: ['credentials', 'url'] },
      { config: { link: 'javascript:alert(1)' }, path: ['config', 'link'] },
      { config: { title: 'Order {{order.id}}' }, path: ['config', 'title'] },
      { config: { text: '{{order.id}}' }, path: ['config', 'text'] },
      { config: { link: 'https://app.example.com/orders/{{order.id}}' }, path: ['config', 'link'] },
      { config: { details: 'all' }, path: ['config', 'details'] },
    ],
    responses: [
      { name: 'taken', response: { statusCode: 202 }, kind: 'success' },
      {
        name: 'too fast',
        response: { statusCode: 429, headers: { 'retry-after': '10' }, body: '{"error":{"code":"TooManyRequests"}}' },
        kind: 'retry',
      },
      {
        name: 'the card is wrong',
        response: { statusCode: 400, body: '{"error":{"code":"BadRequest","message":"The card is not valid"}}' },
        kind: 'fail',
      },
      { name: 'too large', response: { statusCode: 413, body: 'Request Entity too large' }, kind: 'fail' },
      {
        name: 'the workflow was deleted',
        response: { statusCode: 404, body: '{"error":{"code":"WorkflowNotFound","message":"It was not found"}}' },
        kind: 'disable',
      },
      {
        name: 'the signature is wrong',
        response: {
          statusCode: 401,
          body: '{"error":{"code":"AuthorizationFailed","message":"The signature is wrong"}}',
        },
        kind: 'disable',
      },
      { name: 'no answer from the workflow', response: { statusCode: 502 }, kind: 'retry' },
    ],
  },
})

function classify({ statusCode, body }: ConnectorResponse): Classification | undefined {
  switch (statusCode) {
    case 404:
    case 410: {
      const reason = 'The workflow was deleted in Teams: make a new one, and store its URL here'
      return { kind: 'disable', because: 'GONE', reason }
    }
    case 401:
    case 403: {
      const reason =
        'The workflow did not accept the URL: copy it again, and let "Anyone" trigger the workflow in its first step'
      return { kind: 'disable', because: 'CREDENTIALS_REJECTED', reason }
    }
    case 400:
    case 413:
      return { kind: 'fail', reason: `Teams refused the message: ${readError(body) ?? `status ${statusCode}`}` }
    default:
      return undefined
  }
}

const errorSchema = z.object({ error: z.object({ message: z.string() }) })

function readError(body: string): string | undefined {
  try {
    return errorSchema.parse(JSON.parse(body)).error.message
  } catch {
    return body.trim() || undefined
  }
}
