import type { Socket } from 'node:net'
import { ReplyReader } from './reply-reader.ts'

/** How long a command waits for its answer before the connection counts as dead, milliseconds. */
const ANSWER_MS = 10_000

/** The commands that a destination needs, on one connection. It never connects again. */
export interface Client {
  /** Sends a command. Rejects with a ReplyError, or with another Error when the connection ends before the answer. */
  call(...command: readonly (string | number)[]): Promise<string | null>
  close(): void
}

interface Waiting {
  readonly resolve: (reply: string | null) => void
  readonly reject: (error: Error) => void
}

/** Speaks RESP 2 on the socket. `onEnd` is called once, when the connection has ended, also by `close`. */
export function createClient(socket: Socket, onEnd: () => void): Client {
  const reader = new ReplyReader()
  const waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  let ended: Error | undefined

  function end(error: Error): void {
    if (ended) return
    ended = error
    clearTimeout(timer)
    socket.destroy()
    for (const { reject } of waiting.splice(0)) reject(error)
    onEnd()
  }

  function waitForNext(): void {
    clearTimeout(timer)
    timer = waiting.length === 0 ? undefined : setTimeout(() => end(new Error('Redis did not answer')), ANSWER_MS)
  }

  function settle(reply: string | null | Error): void {
    const command = waiting.shift()
    if (!command) throw new Error('Redis answered what it was not asked')
    if (reply instanceof Error) command.reject(reply)
    else command.resolve(reply)
  }

  socket.on('error', end)
  socket.on('close', () => end(new Error('The connection was closed')))
  socket.on('end', () => end(new Error('The connection was closed')))
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const reply of reader.read(chunk)) settle(reply)
      waitForNext()
    } catch (error) {
      end(error as Error)
    }
  })
  return {
    call(...command) {
      if (ended) return Promise.reject(ended)
      const { promise, resolve, reject } = Promise.withResolvers<string | null>()
      waiting.push({ resolve, reject })
      if (waiting.length === 1) waitForNext()
      socket.write(encode(command))
      return promise
    },
    close: () => end(new Error('The connection was closed')),
  }
}

/** A command is an array of bulk strings. */
function encode(command: readonly (string | number)[]): string {
  const parts = command.map((part) => {
    const text = String(part)
    return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
  })
  return `*${command.length}\r\n${parts.join('')}`
}
