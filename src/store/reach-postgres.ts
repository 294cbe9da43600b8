import pg from 'pg'
import { Unavailable } from '../domain/refused.ts'
import { isUnavailable, sqlState } from './sql.ts'

const CONNECT_TIMEOUT_MS = 5_000
const MIN_POSTGRES_VERSION = 150_000

/** Thrown for a server that no waiting makes fit. */
class PostgresTooOld extends Error {
  constructor(version: string) {
    super(`DATABASE_URL points to Postgres ${version}; Postrider needs 15 or newer`)
    this.name = 'PostgresTooOld'
  }
}

/** Connects once and looks at the version; Unavailable says why it cannot. The signal ends it at once. */
export async function reachPostgres(databaseUrl: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'postrider',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => undefined)
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([client.connect().then(() => refuseOldPostgres(client)), aborted.promise])
  } catch (error) {
    if (error instanceof PostgresTooOld || signal.aborted) throw error
    throw new Unavailable(describeUnreached(error), { cause: error })
  } finally {
    signal.removeEventListener('abort', abort)
    void client.end().catch(() => undefined)
  }
}

/** Whether another try may find it mended: by itself, or by the operator of the database. */
export function mayBeMended(error: unknown): boolean {
  // 28: a password, or pg_hba.conf. 3D000: there is no such database yet. 42501: a privilege is missing.
  return error instanceof Unavailable || isUnavailable(error) || /^(28|3D000|42501)/.test(sqlState(error) ?? '')
}

/** Why Postgres cannot be used, in words and without secrets. */
export function describeUnreached(error: unknown): string {
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string }
  // pg's own words for it differ from place to place.
  if (/timeout/i.test(message)) return words.ETIMEDOUT!
  return words[code] ?? (message.split('\n', 1)[0] || code || 'it does not answer')
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
}

/** Where a postgres:// URL leads, fit to be shown: no password, no parameters. */
export function describeAddress(databaseUrl: string): string {
  const { hostname, port, pathname, searchParams } = new URL(databaseUrl.replace('@/', '@localhost/'))
  const host = searchParams.get('host') ?? decodeURIComponent(hostname)
  return `${host || 'localhost'}:${port || '5432'}${pathname}`
}

async function refuseOldPostgres(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as version",
  )
  if (Number(rows[0]!.number) < MIN_POSTGRES_VERSION) throw new PostgresTooOld(rows[0]!.version)
}
