import { createTransport, type SMTPSentMessageInfo, type SMTPTransportOptions, type Transporter } from 'nodemailer'
import type { Host, Settings } from 'postrider/connector'
import { domainOf } from './message.ts'
import type { Config, Credentials } from './settings.ts'

/**
 * The mail server, on a connection that the host has vetted, for one message: nodemailer opens none of its own, looks up no
 * name, and follows no path or URL.
 */
export async function openServer(
  host: Pick<Host, 'connect' | 'signal'>,
  { config, credentials: { user, password } }: Settings<Config, Credentials>,
): Promise<Transporter<SMTPSentMessageInfo, SMTPTransportOptions>> {
  const isEncrypted = config.security === 'tls'
  const connection = await host.connect({ hostname: config.host, port: config.port, tls: isEncrypted })
  // Whatever nodemailer waits for then, it waits in vain.
  host.signal.addEventListener('abort', () => connection.destroy(), { once: true })
  if (host.signal.aborted) connection.destroy()
  return createTransport({
    host: config.host,
    port: config.port,
    secure: isEncrypted,
    requireTLS: config.security === 'starttls',
    ignoreTLS: config.security === 'none',
    // Not the name of the machine, which is nobody's business.
    name: domainOf(config.from),
    ...(user && { auth: { user, pass: password }, forceAuth: true }),
    getSocket: (_options, callback) => callback(null, { connection, secured: isEncrypted }),
    disableFileAccess: true,
    disableUrlAccess: true,
  } as SMTPTransportOptions)
}
