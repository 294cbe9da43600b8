import { type Classification, type ConnectorResponse, defineConnector } from 'postrider/connector'
import { z } from 'zod'
import { flatEvent } from './app/flat-event.ts'

/**
 * A hook of Zapier's, or one on loopback: that is refused by the host, unless the operator has allowed it with
 * POSTRIDER_OUTBOUND_ALLOW, as one who tries the integration at home does.
 */
const HOOK = /^(https:\/\/hooks\.zapier\.com\/hooks\/\S+|https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?\/\S*)$/

/** One event, flat, to one hook: the receiving side of the integration in `app`, and of pasted Catch Hook URLs. */
export default defineConnector({
  apiVersion: 1,
  key: 'zapier',
  version: '1.0.0',
  displayName: 'Zapier',
  description: 'Starts a Zap with each event.',
  category: 'automation',
  config: z.strictObject({}),
  // Anyone who has the URL can start the Zap with what he likes: it is a secret.
  credentials: z.strictObject({
    targetUrl: z
      .string()
      .max(2_048)
      .regex(HOOK, 'is no hook of Zapier: copy the URL that starts with https://hooks.zapier.com/hooks/')
      .meta({
        format: 'uri',
        title: 'Hook URL',
        description: 'As Zapier shows it: https://hooks.zapier.com/hooks/catch/… Keep it secret.',
        examples: ['https://hooks.zapier.com/hooks/catch/1234567/abcdefg/'],
      }),
  }),
  // Zapier answers 429 beyond 30 a second for a hook (docs.zapier.com, "Operating constraints"); some room below that.
  rateLimit: 25,
  target: () => ({ label: 'Zapier' }),
  buildRequest: ({ event, credentials }) => ({
    url: credentials.targetUrl,
    body: JSON.stringify(
      flatEvent({
        id: event.id,
        type: event.type,
        createdAt: event.createdAt.toISOString(),
        organization: event.organizationId,
        data: event.data,
      }),
    ),
  }),
  classify,
  samples: {
    config: {},
    credentials: { targetUrl: 'https://hooks.zapier.com/hooks/standard/1234567/0123456789abcdef/' },
    rejects: [
      { credentials: {}, path: ['credentials', 'targetUrl'] },
      { credentials: { targetUrl: 'https://example.com/hooks/catch/1/a/' }, path: ['credentials', 'targetUrl'] },
      { credentials: { targetUrl: 'http://hooks.zapier.com/hooks/catch/1/a/' }, path: ['credentials', 'targetUrl'] },
      { credentials: { targetUrl: 'https://hooks.zapier.com@example.com/' }, path: ['credentials', 'targetUrl'] },
      { credentials: { targetUrl: 'https://127.0.0.1:1@example.com/' }, path: ['credentials', 'targetUrl'] },
    ],
    responses: [
      {
        name: 'taken',
        response: { statusCode: 200, body: '{"status":"success","id":"01","attempt":"01","request_id":"01"}' },
        kind: 'success',
      },
      { name: 'the Zap was switched off or deleted', response: { statusCode: 410 }, kind: 'disable' },
      { name: 'too many', response: { statusCode: 429, headers: { 'retry-after': '30' } }, kind: 'retry' },
      { name: 'an outage', response: { statusCode: 502 }, kind: 'retry' },
    ],
  },
})

/** By 410 Zapier ends the subscription, for good: a Zap that is switched on again makes another. HTTP's own meaning does for the rest. */
function classify({ statusCode }: ConnectorResponse): Classification | undefined {
  if (statusCode !== 410) return undefined
  return { kind: 'disable', because: 'GONE', remove: true, reason: 'Zapier has ended this subscription (410 Gone)' }
}
