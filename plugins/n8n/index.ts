import { type Classification, type ConnectorResponse, defineConnector } from 'postrider/connector'
import { z } from 'zod'

const EXAMPLE = 'https://n8n.example.com/webhook/0f5c2c1e-6f0b-4d0e-9d0a-3b1f6c8f2a11/webhook'

const config = z
  .strictObject({
    url: z
      .string()
      .max(2_048)
      .meta({
        format: 'uri',
        title: 'Webhook URL',
        description: 'The production URL of a workflow whose trigger takes POST requests.',
        examples: [EXAMPLE],
      }),
    temporary: z.boolean().default(false).meta({
      title: 'Test URL',
      description:
        'For a URL that n8n serves only while its editor listens for a test event: the destination is deleted when n8n answers that nobody listens any more.',
    }),
  })
  .refine(({ url, temporary }) => temporary || !isTestUrl(url), {
    path: ['url'],
    error: 'is a test URL: n8n answers it only while its editor listens. Give the production URL of an active workflow',
  })

/** The event as the application publishes it, signed, to a workflow of n8n. The package in node/ is the other end. */
export default defineConnector({
  apiVersion: 1,
  key: 'n8n',
  version: '1.0.0',
  displayName: 'n8n',
  description: 'Starts a workflow of n8n with each event.',
  category: 'automation',
  config,
  target: ({ config }) => ({ label: new URL(config.url).host }),
  buildRequest: ({ config, body }) => ({ url: config.url, body, sign: true }),
  classify: (response, { config }) => (config.temporary ? readAnswerOfTestUrl(response) : readAnswer(response)),
  samples: {
    config: { url: EXAMPLE, temporary: false },
    rejects: [
      { config: {}, path: ['config', 'url'] },
      { config: { url: EXAMPLE.replace('/webhook/', '/webhook-test/') }, path: ['config', 'url'] },
      { config: { url: EXAMPLE, temporary: 'yes' }, path: ['config', 'temporary'] },
    ],
    responses: [
      { name: 'started', response: { statusCode: 200, body: '{"message":"Workflow was started"}' }, kind: 'success' },
      {
        name: 'not active, or n8n has only just started',
        response: { statusCode: 404, body: '{"code":404,"message":"The requested webhook is not registered."}' },
        kind: 'retry',
      },
      { name: 'signature refused by the trigger node', response: { statusCode: 401 }, kind: 'retry' },
      { name: 'refused by the Webhook node', response: { statusCode: 403 }, kind: 'retry' },
    ],
  },
})

/** By n8n's default name for the path, below any prefix. The trigger node does not guess: it sets `temporary`. */
function isTestUrl(url: string): boolean {
  return URL.canParse(url) && /\/webhook-test\//.test(new URL(url).pathname)
}

/** The rest is HTTP's. 410 comes from a workflow that was built to answer it, and switches the destination off. */
function readAnswer({ statusCode }: ConnectorResponse): Classification | undefined {
  switch (statusCode) {
    // For some seconds after its start n8n answers 404 for workflows that are active (seen with 2.41).
    case 404:
      return {
        kind: 'retry',
        reason: 'n8n knows no such webhook (404): is its workflow active, and is this the production URL?',
      }
    case 401:
    case 403:
      return {
        kind: 'retry',
        reason: `The workflow refused the request (${statusCode}): switch it off and on, so that its trigger learns the signing secret, or look at the authentication that its webhook asks for`,
      }
    default:
      return undefined
  }
}

/** n8n forgets a test URL after the first event, after two minutes, and when it restarts. */
function readAnswerOfTestUrl({ statusCode }: ConnectorResponse): Classification | undefined {
  if (statusCode !== 404 && statusCode !== 410) return undefined
  return { kind: 'disable', because: 'GONE', remove: true, reason: `Nobody listens at the test URL (${statusCode})` }
}
