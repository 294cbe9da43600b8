import { type ConnectorEvent, checkTemplate, PLACEHOLDERS, renderTemplate } from 'postrider/connector'
import { z } from 'zod'

/** AMQP 0-9-1 writes the length of a name into one byte. */
const MAX_NAME_BYTES = 255
const MAX_HEADERS = 20

const fitsName = (text: string) => Buffer.byteLength(text) <= MAX_NAME_BYTES
const name = z.string().refine(fitsName, `is over ${MAX_NAME_BYTES} bytes`)

export const configSchema = z.strictObject({
  host: z
    .string()
    .max(253)
    .regex(/^[\w.:-]+$/, 'is a host name or an address alone, without scheme and port')
    .meta({ title: 'Host', description: 'Name or address of the broker.', examples: ['mq.example.com'] }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(5_671)
    .meta({ title: 'Port', description: 'For AMQP 0-9-1: mostly 5671 with TLS, 5672 without.' }),
  tls: z
    .boolean()
    .default(true)
    .meta({ title: 'TLS', description: 'Encrypts the connection and checks the certificate against the host name.' }),
  vhost: name.min(1).default('/').meta({ title: 'Virtual host', description: 'As the broker lists it.' }),
  exchange: name.default('').meta({
    title: 'Exchange',
    description: 'Must be there already. Empty: the default exchange, where the routing key is the name of a queue.',
    examples: ['events'],
  }),
  routingKey: z
    .string()
    .max(MAX_NAME_BYTES)
    .superRefine(checkTemplate)
    .default('{{type}}')
    .meta({
      title: 'Routing key',
      description: `What the exchange routes by. ${PLACEHOLDERS}`,
      examples: ['{{type}}', 'orders', 'orders.{{data.region}}'],
    }),
  mandatory: z.boolean().default(true).meta({
    title: 'Must reach a queue',
    description: 'A message that no binding leads to a queue is tried again. Off: the broker drops it, unnoticed.',
  }),
  persistent: z
    .boolean()
    .default(true)
    .meta({ title: 'Persistent', description: 'Durable queues keep the message when the broker restarts.' }),
  contentType: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\x20-\x7e]+$/, 'is printable ASCII')
    .default('application/json')
    .meta({ title: 'Content type', description: 'The content_type property of each message.' }),
  headers: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,127}$/), z.string().max(1_024), {
      error: ({ code }) => (code === 'invalid_key' ? 'is no name of lower-case letters, digits and . _ -' : undefined),
    })
    .refine((headers) => Object.keys(headers).length <= MAX_HEADERS, `holds more than ${MAX_HEADERS}`)
    .default({})
    .meta({
      title: 'Headers',
      description: `Added to each message, for exchanges that route by them; at most ${MAX_HEADERS}.`,
      examples: [{ region: 'eu' }],
    }),
})

export const credentialsSchema = z.strictObject({
  user: name.min(1).meta({ title: 'User', description: 'One that may write to the exchange.' }),
  password: z.string().min(1).max(1_024).meta({ title: 'Password', description: 'Of that user.' }),
})

export type Config = z.infer<typeof configSchema>
export type Credentials = z.infer<typeof credentialsSchema>

/** Throws when its values come to nothing, or to more than AMQP takes. */
export function routingKeyFor({ routingKey }: Config, event: ConnectorEvent): string {
  const key = renderTemplate(routingKey, event).toWellFormed()
  // Without placeholders it is empty on purpose: fanout and headers exchanges look at none.
  if (key === '' && routingKey !== '')
    throw new Error(`The routing key is empty: the event has nothing for ${routingKey}`)
  if (!fitsName(key)) throw new Error(`The routing key is over ${MAX_NAME_BYTES} bytes, which is more than AMQP takes`)
  return key
}

/** Where the message goes, as a URL. It holds no credentials. */
export function urlFor(config: Config, event: ConnectorEvent): string {
  const { host, port, tls } = config
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const [vhost, exchange, key] = [config.vhost, config.exchange, routingKeyFor(config, event)].map((text) =>
    encodeURIComponent(text.toWellFormed()),
  )
  return `${tls ? 'amqps' : 'amqp'}://${authority}/${vhost}/${exchange}?routing_key=${key}`
}
