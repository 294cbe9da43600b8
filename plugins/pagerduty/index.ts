import { type Classification, type ConnectorResponse, defineConnector } from 'postrider/connector'
import { z } from 'zod'
import { buildBody } from './event.ts'
import { type Config, type Credentials, configSchema, credentialsSchema } from './settings.ts'

/** https://developer.pagerduty.com/docs/send-alert-event and https://support.pagerduty.com/main/docs/service-regions */
const ENDPOINTS = {
  US: 'https://events.pagerduty.com/v2/enqueue',
  EU: 'https://events.eu.pagerduty.com/v2/enqueue',
}

/** Triggers, acknowledges and resolves alerts by version 2 of PagerDuty's Events API. */
export default defineConnector<Config, Credentials>({
  apiVersion: 1,
  key: 'pagerduty',
  version: '1.0.0',
  displayName: 'PagerDuty',
  description: 'Triggers, acknowledges and resolves alerts in PagerDuty.',
  category: 'other',
  config: configSchema,
  credentials: credentialsSchema,
  target: ({ config }) => ({ label: config.serviceName ?? `PagerDuty ${config.region}` }),
  buildRequest: ({ event, config, credentials, delivery }) => ({
    url: config.endpoint ?? ENDPOINTS[config.region],
    body: buildBody(event, { config, routingKey: credentials.routingKey, isTest: delivery.isTest }),
  }),
  classify,
  samples: {
    config: {
      serviceName: 'Checkout',
      region: 'EU',
      resolve: ['check.recovered'],
      acknowledge: ['check.seen'],
      dedupKey: '{{data.check.id}}',
      summary: '{{data.check.name}} fails',
      severity: '{{data.level}}',
      severityByType: [{ type: 'payment.*', severity: 'critical' }],
      source: '{{data.host}}',
      class: '{{type}}',
      client: 'Postrider',
      link: 'https://app.example.com/checks/{{data.check.id}}',
    },
    credentials: { routingKey: 'R0123456789abcdefghijklmnopqrstu' },
    rejects: [
      { credentials: { routingKey: 'too-short' }, path: ['credentials', 'routingKey'] },
      { config: { region: 'AU' }, path: ['config', 'region'] },
      { config: { resolve: ['a**'] }, path: ['config', 'resolve', '0'] },
      { config: { link: 'javascript:alert(1)' }, path: ['config', 'link'] },
      ...['dedupKey', 'summary', 'severity', 'source', 'component', 'group', 'class'].map((name) => ({
        config: { [name]: '{{check.id}}' },
        path: ['config', name],
      })),
      { config: { link: 'https://app.example.com/checks/{{check.id}}' }, path: ['config', 'link'] },
    ],
    responses: [
      {
        name: 'taken',
        response: {
          statusCode: 202,
          body: '{"status":"success","message":"Event processed","dedup_key":"srv01/HTTP"}',
        },
        kind: 'success',
      },
      {
        name: 'taken in name only',
        response: { statusCode: 202, body: '{"status":"throttled","message":"Try again"}' },
        kind: 'retry',
      },
      {
        name: 'not valid',
        response: {
          statusCode: 400,
          body: '{"status":"invalid event","message":"Event object is invalid","errors":["\'severity\' is missing"]}',
        },
        kind: 'fail',
      },
      { name: 'unknown key', response: { statusCode: 400, body: 'Invalid routing key' }, kind: 'disable' },
      { name: 'forbidden', response: { statusCode: 403 }, kind: 'retry' },
      { name: 'too fast', response: { statusCode: 429 }, kind: 'retry' },
      { name: 'down', response: { statusCode: 500 }, kind: 'retry' },
    ],
  },
})

/** As text or inside the answer: https://github.com/robusta-dev/robusta/issues/571, https://github.com/blockpane/tenderduty/issues/10 */
const WRONG_KEY = /invalid routing key|'routing_key'/i

const answerSchema = z.object({
  status: z.string(),
  message: z.string().optional(),
  errors: z.array(z.string()).optional(),
})

function classify({ statusCode, body }: ConnectorResponse): Classification | undefined {
  const answer = readAnswer(body)
  const said = answer ? [answer.message ?? answer.status, ...(answer.errors ?? [])].join('; ') : `status ${statusCode}`
  // The status of the answer goes before that of HTTP: an alert that did not arrive is not a success.
  if (statusCode >= 200 && statusCode < 300 && answer && answer.status !== 'success')
    return { kind: 'retry', reason: `PagerDuty did not take the event: ${said}` }
  if (statusCode === 400 && WRONG_KEY.test(body)) {
    const reason = 'PagerDuty knows no such integration key: copy it from the Events API V2 integration of the service'
    return { kind: 'disable', because: 'CREDENTIALS_REJECTED', reason }
  }
  if (statusCode !== 400 && statusCode !== 413) return undefined
  return { kind: 'fail', reason: `PagerDuty refused the event: ${said}` }
}

function readAnswer(body: string): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.parse(JSON.parse(body))
  } catch {
    return undefined
  }
}
