import { connect } from 'node:net'

/** HTTP by hand: a connection to the server, and all that came over it. */
export interface Wire extends Disposable {
  send(bytes: string | Buffer): void
  /** Resolves to all that came so far, as soon as it has the text. */
  until(text: string): Promise<string>
  /** Resolves to all that came, once the server has closed the connection. */
  readonly closed: Promise<string>
}

export async function openWire(url: string): Promise<Wire> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  const closed = Promise.withResolvers<string>()
  const listeners = new Set<() => void>()
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    received += text
    for (const listener of listeners) listener()
  })
  // What was sent to a connection that is closed comes back as an error.
  socket.on('error', () => undefined)
  socket.on('close', () => closed.resolve(received))
  const opened = Promise.withResolvers<void>()
  socket.once('connect', opened.resolve).once('close', () => opened.resolve())
  await opened.promise
  return {
    send: (bytes) => void socket.write(bytes),
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!received.includes(text)) return
          listeners.delete(look)
          resolve(received)
        }
        listeners.add(look)
        void closed.promise.then(() => reject(new Error(`Closed before "${text}" came:\n${received}`)))
        look()
      }),
    closed: closed.promise,
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

/** The start of a request with this much body to come. */
export function requestHead(method: string, path: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}
