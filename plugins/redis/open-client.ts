import type { Socket } from 'node:net'
import { AbstractConnector, Redis, ReplyError } from 'ioredis'
import type { Host, Settings, Shared } from 'postrider/connector'
import { connectionEnded, type Refusal, refusalOf } from './refusal.ts'
import type { Config, Credentials } from './settings.ts'

/** How long a command waits for its answer before the connection counts as dead, milliseconds. */
const ANSWER_MS = 10_000
/** How long the server has to close its side. */
const CLOSE_MS = 1_000

/**
 * A client that is logged in, on a socket of the host's. It never connects again: `lost` is called when its connection has
 * ended. Rejects with a Refusal, or with what `host.connect` rejects with.
 */
export async function openClient(
  host: Host,
  { config, credentials }: Settings<Config, Credentials>,
  lost: () => void,
): Promise<Shared<Redis>> {
  const socket = await host.connect({ hostname: config.host, port: config.port, tls: config.tls })
  const client = clientOn(socket)
  // Without a listener ioredis prints errors; commands reject with them too.
  client.on('error', () => undefined)
  client.on('end', lost)
  const onAbort = () => socket.destroy()
  host.signal.addEventListener('abort', onAbort, { once: true })
  try {
    await client.connect()
    await logIn(client, config, credentials)
    return { value: client, close: () => client.disconnect() }
  } catch (error) {
    client.disconnect()
    socket.destroy()
    host.signal.throwIfAborted()
    throw refused(error)
  } finally {
    host.signal.removeEventListener('abort', onAbort)
  }
}

function clientOn(socket: Socket): Redis {
  class GivenSocket extends AbstractConnector {
    constructor() {
      super(CLOSE_MS)
    }
    override async connect() {
      this.stream = socket
      return socket
    }
  }
  return new Redis({
    Connector: GivenSocket,
    lazyConnect: true,
    // The pipeline repeats what fails, not this.
    retryStrategy: null,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    socketTimeout: ANSWER_MS,
    // All of these would be sent unasked: the log-in is ours, so that its errors are seen and none is printed; INFO and
    // CLIENT need rights that a user for one stream does not have.
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
  })
}

async function logIn(client: Redis, { db }: Config, { user, password }: Credentials): Promise<void> {
  if (password === undefined) {
    // Whether one is asked for: of a client that is not logged in Redis reads no command as long as XADD, and says nothing useful.
    await client.ping()
  } else {
    await (user === undefined ? client.auth(password) : client.auth(user, password))
  }
  if (db !== 0) await client.select(db)
}

/** What a command or the log-in came to. Errors of ioredis hold the command, password and all: none goes further. */
export function refused(error: unknown): Refusal {
  return error instanceof ReplyError ? refusalOf((error as Error).message) : connectionEnded()
}
