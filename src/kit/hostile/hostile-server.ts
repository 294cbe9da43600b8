import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type Dialect, dialectOf } from './dialects.ts'
import type { Dice } from './dice.ts'

/** What a server does wrong. */
export const tricks = [
  'silence',
  'garbage',
  'half a handshake',
  'nonsense behind the handshake',
  'nonsense with the handshake',
  'pushes',
  'a flood',
  'a flood of garbage',
  'a reset',
  'a slow drip',
  'a length that lies',
] as const
export type Trick = (typeof tricks)[number]

/** Those in which the server never says anything that a client could believe. */
export const incredible: ReadonlySet<Trick> = new Set(['silence', 'garbage', 'a flood of garbage', 'a reset'])

export interface HostileServer extends AsyncDisposable {
  readonly port: number
}

/** How long it waits for a client that waits to be greeted. */
const GREETING_MS = 20
const DRIP_MS = 10
/** How much a flood would send, bytes. */
const FLOOD_BYTES = 64 * 1_024 * 1_024

/** A server that plays one trick on each connection. */
export async function startHostileServer(
  trick: Trick,
  dice: Dice,
  ownAnswers: readonly (string | Uint8Array)[],
): Promise<HostileServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    meet(socket, { trick, dice, ownAnswers })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Play {
  readonly trick: Trick
  readonly dice: Dice
  readonly ownAnswers: readonly (string | Uint8Array)[]
}

function meet(socket: Socket, { trick, dice, ownAnswers }: Play): void {
  const say = (bytes: Buffer) => socket.writable && socket.write(bytes)
  let answer: ((heard: number) => void) | undefined
  let heard = 0
  const begin = (first: Buffer | undefined) => {
    clearTimeout(greeting)
    answer = tactics[trick]({ socket, say, dice, dialect: dialectOf(first, ownAnswers) })
    answer(heard++)
  }
  const greeting = setTimeout(begin, GREETING_MS, undefined)
  socket.on('close', () => clearTimeout(greeting))
  socket.on('data', (chunk: Buffer) => (answer ? answer(heard++) : begin(chunk)))
}

interface Stage {
  readonly socket: Socket
  readonly say: (bytes: Buffer) => unknown
  readonly dice: Dice
  readonly dialect: Dialect
}

/** What each does with the n-th thing that it hears. */
const tactics: Readonly<Record<Trick, (stage: Stage) => (n: number) => void>> = {
  silence: () => () => undefined,
  garbage:
    ({ say, dice }) =>
    () =>
      say(Buffer.concat([Buffer.from([0]), dice.bytes(2_000)])),
  'half a handshake': ({ socket, say, dice, dialect }) => {
    const stage = dice.below(dialect.honest.length)
    return (n) => {
      const whole = dialect.honest[n] ?? Buffer.alloc(0)
      if (n < stage) say(whole)
      else socket.end(whole.subarray(0, dice.below(whole.length + 1)))
    }
  },
  'nonsense behind the handshake': ({ say, dice, dialect }) => {
    const stage = dice.below(dialect.honest.length + 1)
    return (n) => say(n < stage ? dialect.honest[n]! : someNonsense(dialect, dice))
  },
  'nonsense with the handshake': ({ say, dice, dialect }) => {
    const stage = dice.below(dialect.honest.length)
    return (n) => {
      if (n < stage) say(dialect.honest[n]!)
      else say(Buffer.concat([...dialect.honest.slice(n), someNonsense(dialect, dice)]))
    }
  },
  pushes: ({ socket, say, dice, dialect }) => {
    const timer = setInterval(() => say(dialect.nonsense(dice)), DRIP_MS)
    socket.on('close', () => clearInterval(timer))
    return (n) => say(dialect.honest[n] ?? dialect.nonsense(dice))
  },
  'a flood': ({ socket, dice, dialect }) => {
    const stage = dice.below(dialect.honest.length + 1)
    return (n) => {
      if (n < stage) socket.write(dialect.honest[n]!)
      else if (n === stage) flood(socket, repeated(dialect.nonsense(dice)))
    }
  },
  'a flood of garbage': ({ socket, dice }) => {
    return (n) => n === 0 && flood(socket, repeated(Buffer.concat([Buffer.from([0]), dice.bytes(2_000)])))
  },
  'a reset': ({ socket }) => {
    return () => socket.resetAndDestroy()
  },
  'a slow drip': ({ socket, say, dice, dialect }) => {
    const bytes = Buffer.concat([...dialect.honest, dialect.nonsense(dice)])
    let at = 0
    const timer = setInterval(() => say(bytes.subarray(at, ++at)), DRIP_MS)
    socket.on('close', () => clearInterval(timer))
    return () => undefined
  },
  'a length that lies': ({ socket, dice, dialect }) => {
    const lie = dice.pick(dialect.lies)
    const stage = dice.below(2)
    return (n) => {
      if (n < stage && dialect.honest[n]) socket.write(dialect.honest[n])
      else if (n <= stage) flood(socket, repeated(dice.pick([Buffer.from('a'), Buffer.from(':1\r\n')])), lie)
    }
  },
}

function someNonsense(dialect: Dialect, dice: Dice): Buffer {
  return Buffer.concat(Array.from({ length: 1 + dice.below(4) }, () => dialect.nonsense(dice)))
}

function repeated(bytes: Buffer): Buffer {
  return Buffer.alloc(65_536, bytes.length > 0 ? bytes : Buffer.from('x'))
}

/** Sends as fast as the client reads, until it hangs up. */
function flood(socket: Socket, chunk: Buffer, head: Buffer = Buffer.alloc(0)): void {
  let sent = 0
  const more = () => {
    while (socket.writable && sent < FLOOD_BYTES) {
      sent += chunk.length
      if (!socket.write(chunk)) return socket.once('drain', more)
    }
    return undefined
  }
  socket.write(head)
  more()
}
