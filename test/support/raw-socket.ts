import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A message of graphql-transport-ws. */
interface SocketMessage {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** The protocol by hand: what is sent and what comes, word for word. */
export interface RawSocket extends AsyncDisposable {
  readonly socket: WebSocket
  send(message: SocketMessage | string): void
  /** The next message that came. */
  next(): Promise<SocketMessage>
  /** The code with which the server closed it. */
  readonly closed: Promise<number>
}

export async function openRawSocket(
  url: string,
  {
    protocols = ['graphql-transport-ws'],
    headers = {},
  }: { protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocols, { headers })
  const messages: SocketMessage[] = []
  let wake = Promise.withResolvers<void>()
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)) as SocketMessage)
    wake.resolve()
  })
  const closed = once(socket, 'close').then(([code]) => code as number)
  await once(socket, 'open')
  return {
    socket,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async next() {
      while (messages.length === 0) {
        await wake.promise
        wake = Promise.withResolvers()
      }
      return messages.shift()!
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      await closed
    },
  }
}

/** The same, let in with this key. */
export async function openAcknowledged(url: string, key: string, params: object = {}): Promise<RawSocket> {
  const raw = await openRawSocket(url)
  raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}`, ...params } })
  const { type } = await raw.next()
  if (type !== 'connection_ack') throw new Error(`Not let in: ${type}`)
  return raw
}
