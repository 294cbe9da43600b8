import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ChannelModel, credentials as sasl } from 'amqplib'
import type { Host, Settings } from 'postrider/connector'
import { type Close, closeOf, refusalOfConnection } from './refusal.ts'
import type { Config, Credentials } from './settings.ts'

// amqplib's `connect` dials by itself: past the outbound guard and the proxy. Its Connection takes any stream, but is not
// exported: hence the way around `exports`, and the exact version in package.json. Only what stands here is relied on.
interface AmqpConnection extends EventEmitter {
  readonly heartbeater?: { clear(): void } | null
  open(fields: Readonly<Record<string, unknown>>, callback: (error: Error | null) => void): void
  step(callback: (error: Error | null, frame: Frame | null) => void): void
}
interface Frame {
  readonly fields?: { readonly replyCode?: number; readonly replyText?: string }
}

const require = createRequire(import.meta.url)
const lib = path.join(path.dirname(require.resolve('amqplib')), 'lib')
const { Connection } = require(path.join(lib, 'connection.js')) as {
  Connection: new (stream: Socket) => AmqpConnection
}
const { ChannelModel: Model } = require(path.join(lib, 'channel_model.js')) as {
  ChannelModel: new (connection: AmqpConnection) => ChannelModel
}

/** Seconds. The broker may ask for less; two without a sign of life end the connection. */
const HEARTBEAT_S = 10
/** 128 KiB, as RabbitMQ proposes. */
const FRAME_BYTES = 131_072
/** How long the broker has to say goodbye. */
const CLOSE_MS = 2_000

export interface OpenConnection {
  readonly model: ChannelModel
  /** Never rejects, and never takes longer than a broker may that says nothing. */
  close(): Promise<void>
}

/** Rejects with a Refusal, with what `host.connect` rejects with, or with an Error that tells what to do. */
export async function openConnection(
  host: Host,
  { config, credentials }: Settings<Config, Credentials>,
): Promise<OpenConnection> {
  const { host: hostname, port, tls } = config
  const socket = await host.connect({ hostname, port, tls })
  try {
    const model = new Model(await shakeHands(socket, host.signal, fieldsOf(config, credentials)))
    // It passes the errors of the connection on; what is to be done about one, its users say.
    model.on('error', () => undefined)
    return { model, close: () => closeModel(model, socket) }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** What the client says of itself, and which limits it proposes. */
function fieldsOf({ vhost }: Config, { user, password }: Credentials): Record<string, unknown> {
  const { mechanism, response } = sasl.plain(user, password)
  return {
    clientProperties: {
      product: 'Postrider',
      connection_name: 'Postrider',
      // Without the third, a broker that refuses the credentials hangs up and says nothing.
      capabilities: {
        publisher_confirms: true,
        'basic.nack': true,
        authentication_failure_close: true,
        'connection.blocked': true,
      },
    },
    mechanism,
    response: response(),
    locale: 'en_US',
    channelMax: 0,
    frameMax: FRAME_BYTES,
    // Of what is read, from the first byte on: amqplib copies a frame anew with each packet of it.
    maxFrameSize: FRAME_BYTES,
    heartbeat: HEARTBEAT_S,
    virtualHost: vhost,
    capabilities: '',
    insist: 0,
  }
}

async function shakeHands(
  socket: Socket,
  signal: AbortSignal,
  fields: Readonly<Record<string, unknown>>,
): Promise<AmqpConnection> {
  const connection = new Connection(socket)
  const { promise, resolve, reject } = Promise.withResolvers<AmqpConnection>()
  // Before a byte is read: what comes in one packet with open-ok is handled before `open` calls back, and without a
  // listener an error ends the process.
  connection.on('error', (error) => {
    const said = closeOf(error)
    reject(openingError(error, said.text ? said : undefined))
  })
  let close: Close | undefined
  // The errors of `open` leave out what the broker says against the virtual host.
  const step = connection.step.bind(connection)
  connection.step = (callback) =>
    step((error, frame) => {
      const { replyCode, replyText = '' } = frame?.fields ?? {}
      if (replyCode !== undefined) close = { code: replyCode, text: replyText }
      try {
        callback(error, frame)
      } catch (thrown) {
        reject(thrown)
      }
    })
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  connection.open(fields, (error) => (error ? reject(openingError(error, close)) : resolve(connection)))
  try {
    return await promise
  } catch (error) {
    connection.heartbeater?.clear()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function openingError(error: Error, close: Close | undefined): Error {
  if (!close) return new Error(`The broker did not open the connection, is port and TLS right? ${error.message}`)
  return refusalOfConnection(close) ?? new Error(`The broker said: ${close.text}`)
}

async function closeModel(model: ChannelModel, socket: Socket): Promise<void> {
  const late = new AbortController()
  // On a connection that has ended `close` throws.
  const closed = model.close().catch(() => undefined)
  await Promise.race([closed, pause(CLOSE_MS, undefined, { signal: late.signal }).catch(() => undefined)])
  late.abort()
  socket.destroy()
}
