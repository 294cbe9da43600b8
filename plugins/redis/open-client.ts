import type { Host, Settings, Shared } from 'postrider/connector'
import { type Client, createClient } from './client.ts'
import { connectionEnded, type Refusal, refusalOf } from './refusal.ts'
import { ReplyError } from './reply-reader.ts'
import type { Config, Credentials } from './settings.ts'

/**
 * A client that is logged in, on a socket of the host's. `lost` is called when its connection has ended. Rejects with a
 * Refusal, or with what `host.connect` rejects with.
 */
export async function openClient(
  host: Host,
  { config, credentials }: Settings<Config, Credentials>,
  lost: () => void,
): Promise<Shared<Client>> {
  const client = createClient(await host.connect({ hostname: config.host, port: config.port, tls: config.tls }), lost)
  host.signal.addEventListener('abort', client.close, { once: true })
  try {
    await logIn(client, config, credentials)
    return { value: client, close: client.close }
  } catch (error) {
    client.close()
    host.signal.throwIfAborted()
    throw refused(error)
  } finally {
    host.signal.removeEventListener('abort', client.close)
  }
}

async function logIn({ call }: Client, { db }: Config, { user, password }: Credentials): Promise<void> {
  if (password === undefined) {
    // Whether one is asked for: of a client that is not logged in Redis reads no command as long as XADD, and says nothing useful.
    await call('PING')
  } else {
    await (user === undefined ? call('AUTH', password) : call('AUTH', user, password))
  }
  if (db !== 0) await call('SELECT', db)
}

/** What a command or the log-in came to. */
export function refused(error: unknown): Refusal {
  return error instanceof ReplyError ? refusalOf(error.message) : connectionEnded()
}
