import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import pg from 'pg'
import { pino } from 'pino'
import { readConfig } from '../app/config.ts'
import { startPostrider } from '../app/start.ts'
import type { Endpoint } from '../client/request.ts'
import type { ReadyConnector } from '../connector/registry.ts'
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts'
import type { Outbound } from '../outbound/outbound.ts'

export interface KitServer extends AsyncDisposable {
  readonly operator: Endpoint
  /** Everything that was logged. */
  logged(): string
}

export interface KitServerOptions {
  readonly connector: ReadyConnector
  readonly databaseUrl?: string | undefined
  /** See KitOptions. */
  readonly template?: string | undefined
  readonly wrapOutbound: (outbound: Outbound) => Outbound
}

/** Postrider in this process, with one connector, on a database of its own. */
export async function startKitServer(options: KitServerOptions): Promise<KitServer> {
  const { connector, databaseUrl, template = 'template1', wrapOutbound } = options
  await using starting = new AsyncDisposableStack()
  const dataDir = await mkdtemp(path.join(tmpdir(), 'postrider-kit-'))
  starting.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const url = databaseUrl ?? starting.use(await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })).url
  const operatorKey = randomBytes(24).toString('hex')
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: databaseUrl ? starting.use(await createDatabase(url, template)).url : url,
    POSTRIDER_DATA_DIR: dataDir,
    POSTRIDER_SECRET_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    POSTRIDER_OPERATOR_KEY: operatorKey,
    POSTRIDER_OUTBOUND_ALLOW: '127.0.0.1/32,::1/128',
    POSTRIDER_LOG_LEVEL: 'debug',
  })
  const lines: string[] = []
  const log = pino(
    { level: 'debug' },
    new Writable({ write: (line, _, done) => done(void lines.push(String(line)) as never) }),
  )
  const connectors = new Map([[connector.definition.key, connector]])
  const postrider = starting.use(await startPostrider({ config, log, connectors, wrapOutbound }))
  const started = starting.move()
  return {
    operator: { url: postrider.url, key: operatorKey },
    logged: () => lines.join(''),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

async function createDatabase(
  serverUrl: string,
  template: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const name = `kit_${randomBytes(6).toString('hex')}`
  await administer(serverUrl, `create database ${name} template ${pg.escapeIdentifier(template)}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => administer(serverUrl, `drop database ${name} with (force)`),
  }
}

async function administer(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
