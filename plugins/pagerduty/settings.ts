import { checkTemplate, PLACEHOLDERS } from 'postrider/connector'
import { z } from 'zod'

const template = z.string().max(1_000).superRefine(checkTemplate)

export const severities = ['critical', 'error', 'warning', 'info'] as const
const severity = z.enum(severities)

const typePattern = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^*]*(\*[^*]+)*\*?$/, 'must not hold **')
  .meta({ title: 'Event type', description: 'A type, with * for any characters.', examples: ['check.recovered'] })
const typePatterns = z.array(typePattern).max(50).default([])

export const configSchema = z.strictObject({
  serviceName: z
    .string()
    .max(100)
    .optional()
    .meta({
      title: 'Service',
      description: 'What this destination is called in lists. PagerDuty decides by the key where alerts go.',
      examples: ['Checkout'],
    }),
  region: z.enum(['US', 'EU']).default('US').meta({
    title: 'Service region',
    description: 'Where the account is: EU when its address is on eu.pagerduty.com.',
  }),
  endpoint: z
    .string()
    .max(2_048)
    .optional()
    .meta({
      format: 'uri',
      title: 'Endpoint',
      description: "Instead of the region's, for a service that takes the same events.",
      examples: ['https://events.example.com/v2/enqueue'],
    }),
  resolve: typePatterns.meta({
    title: 'Resolve on',
    description: 'Types of events that resolve the alert with the same deduplication key.',
    examples: [['check.recovered', 'incident.*.closed']],
  }),
  acknowledge: typePatterns.meta({
    title: 'Acknowledge on',
    description: 'Types of events that acknowledge it. All that neither resolves nor acknowledges triggers an alert.',
  }),
  dedupKey: template.default('{{id}}').meta({
    title: 'Deduplication key',
    description: `What events of one alert have in common. Default: the event's id, an alert for each. ${PLACEHOLDERS}`,
    examples: ['{{data.check.id}}'],
  }),
  summary: template.default('{{type}}').meta({ title: 'Summary', description: `Title of the alert. ${PLACEHOLDERS}` }),
  severity: template.default('error').meta({
    title: 'Severity',
    description: `critical, error, warning or info, or where the data says so; error where it says anything else. ${PLACEHOLDERS}`,
    examples: ['critical', '{{data.level}}'],
  }),
  severityByType: z
    .array(
      z.strictObject({
        type: typePattern,
        severity: severity.meta({ title: 'Severity', description: 'Of its alerts.' }),
      }),
    )
    .max(50)
    .default([])
    .meta({
      title: 'Severity by type',
      description: 'Goes before the severity above; the first that fits counts.',
      examples: [[{ type: 'payment.*', severity: 'critical' }]],
    }),
  source: template.default('{{organizationId}}').meta({
    title: 'Source',
    description: `The affected system. ${PLACEHOLDERS}`,
  }),
  component: template
    .optional()
    .meta({ title: 'Component', description: `Its part that is responsible. ${PLACEHOLDERS}` }),
  group: template.optional().meta({ title: 'Group', description: `What it belongs to. ${PLACEHOLDERS}` }),
  class: template.default('{{type}}').meta({ title: 'Class', description: `The kind of event. ${PLACEHOLDERS}` }),
  client: z.string().min(1).max(100).default('Postrider').meta({
    title: 'Client',
    description: 'What the alert says that it comes from.',
  }),
  link: template
    .regex(/^https?:\/\/[^\s/{}?#@]+([/?#]|$)/, 'must begin with https:// and a host')
    .optional()
    .meta({
      title: 'Link',
      description: `Where the alert leads to. ${PLACEHOLDERS}`,
      examples: ['https://app.example.com/checks/{{data.check.id}}'],
    }),
})

export const credentialsSchema = z.strictObject({
  routingKey: z
    .string()
    .trim()
    .regex(/^[a-zA-Z0-9]{32}$/, 'must be the 32 letters and digits of an integration key')
    .meta({ title: 'Integration key', description: 'Of an "Events API V2" integration of the service.' }),
})

export type Config = z.infer<typeof configSchema>
export type Credentials = z.infer<typeof credentialsSchema>
export type Severity = z.infer<typeof severity>
