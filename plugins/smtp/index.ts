import { type CheckIssue, type DeliverResult, defineConnector, type Host, type Settings } from 'postrider/connector'
import { connectionProblem, isCertificateProblem, type SmtpError, verdictOf } from './failure.ts'
import { buildMessage, type Message } from './message.ts'
import { openServer } from './server.ts'
import { type Config, type Credentials, configSchema, credentialsSchema } from './settings.ts'

const SAMPLE: Config = {
  host: 'smtp.example.com',
  port: 465,
  security: 'tls',
  from: 'alerts@example.com',
  fromName: 'Alerts',
  to: ['ops@example.com', 'sales@example.com'],
  subject: 'Order {{data.id}}',
  text: '{{data.customer.name}} paid.\n\n{{data}}',
  html: '<p><b>{{data.customer.name}}</b> paid.</p><pre>{{data}}</pre>',
}

/** Sends a mail for each event through the customer's own mail server. */
export default defineConnector<Config, Credentials>({
  apiVersion: 1,
  key: 'smtp',
  version: '1.0.0',
  displayName: 'E-mail (SMTP)',
  description: 'Sends an e-mail for each event through your own mail server.',
  category: 'email',
  config: configSchema,
  credentials: credentialsSchema,
  target: ({ config: { to } }) => ({ label: to.length > 1 ? `${to[0]} and ${to.length - 1} more` : to[0]! }),
  // Describes the mail; `deliver` sends it.
  buildRequest: ({ event, config, delivery }) => ({
    method: 'SEND',
    url: `${config.security === 'tls' ? 'smtps' : 'smtp'}://${bracketed(config.host)}:${config.port}`,
    body: JSON.stringify(buildMessage({ event, config, delivery })),
  }),
  deliver: (host, { config, credentials, request }) => deliver(host, { config, credentials }, request.body),
  check,
  samples: {
    config: SAMPLE,
    credentials: { user: 'alerts@example.com', password: 'made-up-password' },
    rejects: [
      { config: { ...SAMPLE, security: 'none' }, path: ['config', 'security'] },
      { config: { ...SAMPLE, host: 'smtp.example.com/x' }, path: ['config', 'host'] },
      { config: { ...SAMPLE, from: 'a@example.com\r\nBcc: b@example.com' }, path: ['config', 'from'] },
      { config: { ...SAMPLE, to: [] }, path: ['config', 'to'] },
      { config: { ...SAMPLE, fromName: 'A\nB' }, path: ['config', 'fromName'] },
      { config: { ...SAMPLE, subject: 'Order {{order.id}}' }, path: ['config', 'subject'] },
      { config: { ...SAMPLE, text: '{{order.id}}' }, path: ['config', 'text'] },
      { config: { ...SAMPLE, html: '<b>{{order.id}}</b>' }, path: ['config', 'html'] },
      { credentials: { user: 'alerts@example.com' }, path: ['credentials', 'password'] },
    ],
  },
})

async function deliver(host: Host, settings: Settings<Config, Credentials>, body: string): Promise<DeliverResult> {
  const server = await openServer(host, settings)
  const { to, ...message } = JSON.parse(body) as Message
  try {
    const { response, rejectedErrors = [] } = await server.sendMail({ ...message, to: [...to], signal: host.signal })
    // Sent again, it would reach those twice who have it: who was refused stands in the record.
    const refused = rejectedErrors.map((error) => `Refused: ${error.recipient}: ${(error as SmtpError).response}`)
    const answer = { statusCode: Number.parseInt(response, 10) || 250, body: [response, ...refused].join('\n') }
    return { kind: 'success', response: answer }
  } catch (error) {
    const verdict = verdictOf(error as SmtpError)
    if (verdict) return verdict
    throw new Error(connectionProblem(error as SmtpError), { cause: error })
  }
}

async function check(host: Host, settings: Settings<Config, Credentials>): Promise<CheckIssue[]> {
  try {
    const server = await openServer(host, settings)
    await server.verify()
    return []
  } catch (error) {
    const { code, originalCode = '' } = error as SmtpError
    const verdict = verdictOf(error as SmtpError)
    if (verdict?.kind === 'disable') return [{ message: verdict.reason, path: ['credentials', 'password'] }]
    const message = verdict && 'reason' in verdict ? verdict.reason : undefined
    // Without a code it is the host that speaks, of a connection that could not be opened.
    if (code === undefined) return [{ message: (error as Error).message, path: ['config', 'host'] }]
    const field = code === 'ETLS' || isCertificateProblem(originalCode) ? 'security' : 'host'
    return [{ message: message ?? connectionProblem(error as SmtpError), path: ['config', field] }]
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
