import { isIP } from 'node:net'
import { checkTemplate, PLACEHOLDERS } from 'postrider/connector'
import { z } from 'zod'
import { isInternalHost } from './internal-host.ts'

const template = z.string().superRefine(checkTemplate)

const address = z.email('must be an e-mail address').max(254)

const HOST_NAME = /^(?=.{1,253}$)[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})*$/

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/

const DEFAULT_TEXT = '{{type}} at {{createdAt}}\n\n{{data}}\n\nEvent {{id}} of {{organizationId}}'

export const configSchema = z
  .strictObject({
    host: z
      .string()
      .trim()
      .refine((host) => isIP(host) !== 0 || HOST_NAME.test(host), 'must be a host name or an IP address')
      .meta({ title: 'Server', description: 'Host name of the mail server.', examples: ['smtp.example.com'] }),
    port: z.int().min(1).max(65_535).default(587).meta({
      title: 'Port',
      description: '587 with STARTTLS and 465 with TLS are the usual ones.',
    }),
    security: z.enum(['starttls', 'tls', 'none']).default('starttls').meta({
      title: 'Encryption',
      description:
        'starttls: begins in the clear, and sends nothing before it is encrypted. tls: from the first byte on. none: for a server on the own network of whoever runs Postrider.',
    }),
    from: address.meta({
      title: 'From',
      description: 'Sender, whom the server lets send.',
      examples: ['alerts@example.com'],
    }),
    fromName: z
      .string()
      .trim()
      .max(100)
      .refine((name) => !CONTROL.test(name), 'must not hold line breaks')
      .optional()
      .meta({ title: 'Sender name', description: 'Shown instead of the address.' }),
    replyTo: address.optional().meta({ title: 'Reply to', description: 'Who gets the answers. Default: the sender.' }),
    to: z
      .array(address)
      .min(1)
      .max(50)
      .meta({
        title: 'To',
        description: 'Up to 50 addresses, each of which sees the others.',
        examples: [['ops@example.com']],
      }),
    subject: template
      .min(1)
      .max(500)
      .default('{{type}}')
      .meta({ title: 'Subject', description: `One line. ${PLACEHOLDERS}` }),
    text: template
      .max(10_000)
      .default(DEFAULT_TEXT)
      .meta({
        title: 'Text',
        description: `The message as plain text. ${PLACEHOLDERS}`,
      }),
    html: template
      .max(10_000)
      .optional()
      .meta({
        title: 'HTML',
        description: `The message as HTML, beside the plain text. Values are escaped. ${PLACEHOLDERS}`,
        examples: ['<h1>{{type}}</h1><pre>{{data}}</pre>'],
      }),
  })
  .refine(({ security, host }) => security !== 'none' || isInternalHost(host), {
    path: ['security'],
    message: 'must be starttls or tls: without encryption only a server on an internal network can be used',
  })

export const credentialsSchema = z
  .strictObject({
    user: z.string().min(1).max(320).optional().meta({
      title: 'User',
      description: 'What the server knows the sender by, often the address. None for a server that asks for no login.',
    }),
    password: z.string().min(1).max(1_000).optional().meta({
      title: 'Password',
      description: 'Or the API key, or app password, that the mail service gives for SMTP.',
    }),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    message: 'user and password belong together',
  })

export type Config = z.infer<typeof configSchema>
export type Credentials = z.infer<typeof credentialsSchema>
