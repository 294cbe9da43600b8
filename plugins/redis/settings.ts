import { type ConnectorEvent, checkTemplate, PLACEHOLDERS, renderTemplate } from 'postrider/connector'
import { z } from 'zod'

/** What an entry holds of the event. */
export const parts = ['id', 'type', 'createdAt', 'body', 'headers'] as const

/** Characters. Ours: Redis takes keys of 512 MB. */
const MAX_KEY = 1_000

const fieldName = z.string().max(128)

const fieldsSchema = z
  .strictObject({
    id: fieldName.default('id').meta({ title: 'Id', description: "The event's id, the same each time it is added." }),
    type: fieldName.default('type').meta({ title: 'Type', description: "The event's type." }),
    createdAt: fieldName
      .default('createdAt')
      .meta({ title: 'Created at', description: 'When the event was published, ISO 8601 in UTC.' }),
    body: fieldName.min(1).default('body').meta({ title: 'Body', description: 'The event, as JSON.' }),
    headers: fieldName
      .default('headers')
      .meta({ title: 'Headers', description: 'A JSON object with the signature and what it covers.' }),
  })
  .refine((fields) => {
    const names = Object.values(fields).filter((one) => one !== '')
    return new Set(names).size === names.length
  }, 'names two fields alike')

export const configSchema = z.strictObject({
  host: z
    .string()
    .max(253)
    .regex(/^[\w.:-]+$/, 'is a host name or an address alone, without scheme and port')
    .meta({ title: 'Host', description: 'Name or address of the server.', examples: ['redis.example.com'] }),
  port: z.int().min(1).max(65_535).default(6_379).meta({ title: 'Port', description: 'Mostly 6379.' }),
  tls: z
    .boolean()
    .default(true)
    .meta({ title: 'TLS', description: 'Encrypts the connection and checks the certificate against the host name.' }),
  db: z.int().min(0).max(65_535).default(0).meta({ title: 'Database', description: 'Its number.' }),
  stream: z
    .string()
    .min(1)
    .max(512)
    .superRefine(checkTemplate)
    .meta({
      title: 'Stream',
      description: `Key of the stream, made when it is not there. ${PLACEHOLDERS}`,
      examples: ['events', 'events:{{type}}', 'orders:{{data.region}}'],
    }),
  maxLength: z.int().min(0).max(1_000_000_000).default(100_000).meta({
    title: 'Longest length',
    description: 'About so many entries are kept: the server drops the oldest, read or not. 0 keeps them all.',
  }),
  fields: fieldsSchema
    .prefault({})
    .meta({ title: 'Fields', description: 'What the fields of an entry are called. Empty: left out.' }),
})

export const credentialsSchema = z
  .strictObject({
    user: z
      .string()
      .min(1)
      .max(1_024)
      .optional()
      .meta({ title: 'User', description: 'Of the access list (Redis 6 and later). Left out: the default user.' }),
    password: z
      .string()
      .min(1)
      .max(1_024)
      .optional()
      .meta({ title: 'Password', description: 'Left out when the server asks for none.' }),
  })
  .refine(({ user, password }) => user === undefined || password !== undefined, {
    path: ['password'],
    error: 'is required with a user',
  })

export type Config = z.infer<typeof configSchema>
export type Credentials = z.infer<typeof credentialsSchema>

/** Throws when its values come to nothing, or to more than a key should be. */
export function streamFor({ stream }: Config, event: ConnectorEvent): string {
  const key = renderTemplate(stream, event).toWellFormed()
  if (key === '') throw new Error(`The key of the stream is empty: the event has nothing for ${stream}`)
  if (key.length > MAX_KEY) throw new Error(`The key of the stream is over ${MAX_KEY} characters`)
  return key
}

/** Where the entry goes, as a URL. It holds no credentials. */
export function urlFor(config: Config, event: ConnectorEvent): string {
  const { host, port, tls, db } = config
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `${tls ? 'rediss' : 'redis'}://${authority}/${db}/${encodeURIComponent(streamFor(config, event))}`
}
