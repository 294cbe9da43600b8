import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** The one login that it takes. */
export const LOGIN = { user: 'alerts@example.com', password: 'made-up-password' }

/** A mail as the server got it. */
interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** Header lines, unfolded. */
  readonly head: readonly string[]
  readonly body: string
  readonly isEncrypted: boolean
  readonly user: unknown
  /** What the client called itself. */
  readonly client: string
}

/** A real mail server on loopback that knows LOGIN. What else it refuses, and how, is the options' matter. */
export async function startMailServer(options: SMTPServerOptions = {}) {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) =>
      username === LOGIN.user && password === LOGIN.password
        ? done(null, { user: username })
        : done(refusal(535, 'No')),
    async onData(stream, { envelope, secure, user, hostNameAppearsAs }, done) {
      let text = ''
      for await (const chunk of stream) text += chunk
      const [head = '', ...body] = text.split('\r\n\r\n')
      mails.push({
        from: (envelope.mailFrom as { address: string }).address,
        to: envelope.rcptTo.map((to) => to.address),
        head: head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n'),
        body: body.join('\r\n\r\n'),
        isEncrypted: secure,
        user,
        client: hostNameAppearsAs,
      })
      done(null, `queued as ${mails.length}`)
    },
    ...options,
  })
  server.on('error', () => undefined)
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(resolve)),
  }
}

/** What an SMTP server answers when it refuses. */
export function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}

/** Something on loopback that speaks as `greet` does. */
export async function startTcpServer(greet: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.resume()
    greet(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const closed = once(server, 'close')
  return {
    port: (server.address() as AddressInfo).port,
    /** Resolves as soon as nobody is connected any more; nobody can connect then. */
    empty: async () => {
      server.close()
      await closed
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await closed
    },
  }
}
