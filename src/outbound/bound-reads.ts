import type { Socket } from 'node:net'
import { SendFailure } from './failure.ts'

/** Bytes that a server may send between two writes. The answers that connectors wait for are far smaller. */
const MAX_UNASKED_BYTES = 256 * 1_024

/**
 * Destroys the socket when the server sends over MAX_UNASKED_BYTES between two writes, and as much more than was written to
 * it: a broker may return messages at their full size. Bytes over the limit never reach the reader.
 */
export function boundReads<T extends Socket>(socket: T): T {
  const push = socket.push.bind(socket)
  let written = socket.bytesWritten
  let read = 0
  let readSinceWrite = 0
  // No listener for data: it would begin to read before the connector does.
  socket.push = (chunk: Buffer | null, encoding) => {
    if (chunk === null) return push(chunk, encoding)
    if (socket.bytesWritten !== written) {
      written = socket.bytesWritten
      readSinceWrite = 0
    }
    read += chunk.length
    readSinceWrite += chunk.length
    if (readSinceWrite <= MAX_UNASKED_BYTES || read <= written + MAX_UNASKED_BYTES) return push(chunk, encoding)
    socket.destroy(new SendFailure('CONNECTION', `The server sent over ${MAX_UNASKED_BYTES / 1_024} KiB unasked`))
    return false
  }
  return socket
}
