import { connect, type Socket } from 'node:net'
import type { DestinationHost, Shared } from '../../connector/define-connector.ts'
import { boundReads } from '../../outbound/bound-reads.ts'
import { failureOf, SendFailure } from '../../outbound/failure.ts'
import type { FakeHost } from '../fake-host.ts'

export interface SocketHost extends FakeHost {
  /** The bytes that came on the socket that read most. */
  mostRead(): number
  /** Ends the call, and closes what it shares. */
  close(): Promise<void>
}

/** How long a connector may take to close a shared connection; that it takes longer costs nobody anything. */
const CLOSE_MS = 1_000

/** A host whose every socket leads to a server on this machine, with the limits of the real one. */
export function openSocketHost(port: number): SocketHost {
  const ending = new AbortController()
  const { signal } = ending
  const sockets: Socket[] = []
  const connections: Shared<unknown>[] = []
  const end = () => ending.abort(new SendFailure('TIMEOUT', 'The time is up'))
  const host: DestinationHost = {
    fetch: async () => {
      throw new TypeError('The connection was refused', { cause: new SendFailure('CONNECTION', 'It was refused') })
    },
    connect: () => {
      const { promise, resolve, reject } = Promise.withResolvers<Socket>()
      const socket = connect({ host: '127.0.0.1', port })
      sockets.push(socket)
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      // Stays, as on the sockets of the real host.
      socket.on('error', (error) => reject(failureOf(error)))
      socket.once('connect', () => resolve(boundReads(socket)))
      return promise
    },
    signal,
    remember: (_, make) => make(),
    async share(open) {
      const connection = await open(() => undefined)
      connections.push(connection)
      return connection.value
    },
  }
  return {
    host,
    asked: () => sockets.length,
    connected: () => sockets.length > 0,
    // All lead to one server.
    reached: () => [],
    end,
    mostRead: () => Math.max(0, ...sockets.map(({ bytesRead }) => bytesRead)),
    async close() {
      end()
      const closing = Promise.allSettled(connections.map(async ({ close }) => close()))
      let timer: NodeJS.Timeout | undefined
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS)
      })
      await Promise.race([closing, late])
      clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
    },
  }
}
