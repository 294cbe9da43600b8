import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** Largest message of a socket that has not shown a key yet: a connection_init with the token of a portal session. */
export const STRANGER_MESSAGE_BYTES = 8 * 1_024

/** All that such a socket may send, pings included. */
const STRANGER_BYTES = 16 * 1_024

export interface UnacknowledgedOptions {
  readonly maxSockets: number
  /** Largest message of an acknowledged socket. */
  readonly maxMessageBytes: number
}

/** The sockets that have not shown a key yet, held to small limits until they have. */
export interface Unacknowledged {
  readonly isFull: boolean
  add(socket: WebSocket, wire: Duplex): void
  acknowledge(socket: WebSocket): void
}

export function createUnacknowledged({ maxSockets, maxMessageBytes }: UnacknowledgedOptions): Unacknowledged {
  const waiting = new Map<WebSocket, () => void>()
  const remove = (socket: WebSocket) => {
    waiting.get(socket)?.()
    waiting.delete(socket)
  }
  return {
    get isFull() {
      return waiting.size >= maxSockets
    },
    add(socket, wire) {
      let receivedBytes = 0
      const count = (chunk: Buffer) => {
        receivedBytes += chunk.length
        if (receivedBytes > STRANGER_BYTES) socket.terminate()
      }
      wire.on('data', count)
      waiting.set(socket, () => wire.off('data', count))
      socket.once('close', () => remove(socket))
    },
    acknowledge(socket) {
      remove(socket)
      limitMessages(socket, maxMessageBytes)
    },
  }
}

/** ws takes the limit when a socket opens, and has no other way to change it: test/attacks holds that this one works. */
function limitMessages(socket: WebSocket, maxBytes: number): void {
  const { _receiver } = socket as unknown as { readonly _receiver: { _maxPayload: number } }
  _receiver._maxPayload = maxBytes
}
