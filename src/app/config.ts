import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { type BudgetLimits, defaultLimits, type LimitName } from '../api/budgets/budget-limits.ts'
import { messageOf } from '../domain/message-of.ts'
import { parseAllow } from '../outbound/allow.ts'
import { parseProxy } from '../outbound/tunnel.ts'

// The only reader of the environment. README.md has the same table for people.

/** Lists are comma-separated. An empty variable counts as unset. */
const text = z.string().optional()
const integer = (min: number, max: number, fallback: number) =>
  z
    .string()
    .default(String(fallback))
    .refine((value) => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `is a whole number from ${min} to ${max}`,
    })
    .transform(Number)

const variables = {
  /** TCP port of the API, GraphiQL and health. 0 takes a free one. Default 4000. */
  PORT: integer(0, 65_535, 4_000),
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  HOST: z.string().default('127.0.0.1'),
  /** postgres:// URL, Postgres 15 or newer. Unset: an embedded Postgres 18 in POSTRIDER_DATA_DIR. */
  DATABASE_URL: text.refine(
    (url) => !url || isPostgresUrl(url),
    'is a postgres:// URL; special characters in its user and password are percent-encoded',
  ),
  /** Folder for the embedded Postgres and for generated keys. Default .postrider. */
  POSTRIDER_DATA_DIR: z.string().default('.postrider'),
  /** `id:base64` of 32 bytes each. The first encrypts secrets at rest, all decrypt. Required with DATABASE_URL. */
  POSTRIDER_SECRET_KEYS: text.transform(parseSecretKeys),
  /** The key that makes applications: any text of 32 characters or more. Unset: made and kept in the data folder. */
  POSTRIDER_OPERATOR_KEY: text.refine(
    (key) => !key || /^[\x21-\x7e]{32,}$/.test(key),
    'is 32 or more printable ASCII characters without spaces',
  ),
  /**
   * CIDRs and hosts that destinations may reach although they are internal. Empty: nothing. Unset: nothing, but with the embedded
   * Postgres on a loopback HOST the server's own /listen; and, unless POSTRIDER_PUBLIC_URL is public, 127.0.0.1 and ::1 for
   * destinations of the demo application.
   */
  POSTRIDER_OUTBOUND_ALLOW: text.transform(parseAllowList),
  /**
   * `http://user:password@host:port` of a forward proxy that takes CONNECT: everything to destinations goes through it, so
   * that receivers see one address. It is asked for addresses that were vetted here. Unset: none.
   */
  POSTRIDER_OUTBOUND_PROXY: text.transform(parseProxyUrl),
  /** Base of links that are shown; its origin counts as our own. Default http://HOST:PORT. */
  POSTRIDER_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'is an http(s) URL' }).optional(),
  /**
   * Origins whose pages may call the API from a browser, by HTTP and by socket, besides our own: https://app.example.com, as
   * browsers write them. Default: none.
   */
  POSTRIDER_CORS_ORIGINS: text.transform(parseOrigins),
  /**
   * For how many days events, deliveries and attempts are kept; then they go by the day. What a pending delivery needs
   * stays. 0 keeps all. Default 30.
   */
  POSTRIDER_RETENTION_DAYS: integer(0, 36_500, 30),
  /** Most deliveries in flight in a process. Default 256. */
  POSTRIDER_CONCURRENCY: integer(1, 10_000, 256),
  /** Most attempts of one destination in flight in a process. Default 32. */
  POSTRIDER_DESTINATION_CONCURRENCY: integer(1, 1_000, 32),
  POSTRIDER_EVALUATION_PROCESSES: integer(1, 64, 2),
  /** Most database connections of a process for what API calls read. Default 8. */
  POSTRIDER_READ_POOL: integer(2, 1_000, 8),
  /** Most database connections of a process for what API calls change. Default 4. */
  POSTRIDER_DATABASE_POOL: integer(2, 1_000, 4),
  /** Seconds after which a statement of an API call is cancelled: the call is UNAVAILABLE. Default 10. */
  POSTRIDER_STATEMENT_TIMEOUT: integer(1, 3_600, 10),
  /** Most database connections of a process for publishing, claiming and settling; one more listens. Default 8. */
  POSTRIDER_PIPELINE_POOL: integer(2, 1_000, 8),
  /**
   * on: Postgres parses and plans each of the pipeline's statements once a connection. off: for a pooler that cannot tell
   * clients' prepared statements apart, such as PgBouncer before 1.21 with pool_mode = transaction. Default on.
   */
  POSTRIDER_PREPARED_STATEMENTS: z.enum(['on', 'off']).default('on'),
  /**
   * Most connections of callers at once in a process, WebSockets included; more are closed at once. Below the process's limit
   * of open files. Default 10,000.
   */
  POSTRIDER_MAX_CONNECTIONS: integer(10, 1_000_000, 10_000),
  /** Most operations a second of each API key, in a process, with bursts of a second's worth. 0: no limit. Default 0. */
  POSTRIDER_RATE_LIMIT: integer(0, 100_000, 0),
  /**
   * What customers, applications and answers may take, where it is to be other than the default: `NAME=NUMBER`, by the names of
   * src/api/budgets/budget-limits.ts. 0: no limit.
   */
  POSTRIDER_LIMITS: text.transform(parseLimits),
  /**
   * Packages of npm that are connectors, with exact versions, installed beside Postrider: `name@1.2.3`. Nothing is installed
   * at run time. Default: none; those in plugins/ are always there.
   */
  POSTRIDER_CONNECTORS: text.transform(parsePackages),
  /** on: a connector that does not load ends the start, for CI. off: its destinations wait, the others run. Default off. */
  POSTRIDER_STRICT_CONNECTORS: z.enum(['on', 'off']).default('off'),
  /** trace, debug, info, warn, error or silent. Default info. */
  POSTRIDER_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
}

export interface Config {
  readonly port: number
  readonly host: string
  /** Undefined: embedded. */
  readonly databaseUrl: string | undefined
  readonly dataDir: string
  /** Undefined: kept in the data folder, made when missing. */
  readonly secretKeys: readonly ConfiguredKey[] | undefined
  readonly operatorKey: string | undefined
  readonly outboundAllow: readonly string[]
  /** Whether destinations of the demo application may reach 127.0.0.1 and ::1. */
  readonly opensLoopbackToDemo: boolean
  /** Whether every destination may reach the server's own /listen on a loopback HOST. */
  readonly opensOwnListen: boolean
  readonly outboundProxy: string | undefined
  readonly publicUrl: string | undefined
  readonly corsOrigins: readonly string[]
  readonly retentionDays: number
  readonly concurrency: number
  readonly destinationConcurrency: number
  readonly evaluationProcesses: number
  readonly readPool: number
  readonly databasePool: number
  readonly statementTimeoutSeconds: number
  readonly pipelinePool: number
  readonly preparedStatements: boolean
  readonly maxConnections: number
  /** Operations a second; 0: no limit. */
  readonly rateLimit: number
  readonly limits: BudgetLimits
  readonly connectors: readonly { readonly name: string; readonly version: string }[]
  readonly strictConnectors: boolean
  readonly logLevel: z.infer<typeof variables.POSTRIDER_LOG_LEVEL>
}

/** Where the commands of src/cli find a server, and what opens it. README.md has the same table for people. */
export interface ApiAccess {
  /** POSTRIDER_URL: base of the server. Default http://127.0.0.1:4000. */
  readonly url: string
  /** POSTRIDER_API_KEY. Undefined: the demo's, of the data folder. */
  readonly apiKey: string | undefined
  /** POSTRIDER_DATA_DIR. */
  readonly dataDir: string
}

export interface ConfiguredKey {
  readonly id: string
  readonly key: Buffer
}

/** Thrown for an environment that cannot be used. The message names each variable. */
export class ConfigInvalid extends Error {
  constructor(problems: readonly string[]) {
    super(`Postrider cannot start:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'ConfigInvalid'
  }
}

export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const mayBeEmpty = ([name, value]: [string, unknown]) => value !== '' || name === 'POSTRIDER_OUTBOUND_ALLOW'
  const parsed = z.object(variables).safeParse(Object.fromEntries(Object.entries(environment).filter(mayBeEmpty)))
  if (!parsed.success) {
    throw new ConfigInvalid(parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`))
  }
  const env = parsed.data
  if (env.DATABASE_URL && !env.POSTRIDER_SECRET_KEYS) {
    throw new ConfigInvalid(['POSTRIDER_SECRET_KEYS is required with DATABASE_URL: id:base64 of 32 random bytes'])
  }
  const isLocal = !env.DATABASE_URL && isLoopback(env.HOST) && env.POSTRIDER_OUTBOUND_ALLOW === undefined
  return {
    port: env.PORT,
    host: env.HOST,
    databaseUrl: env.DATABASE_URL,
    dataDir: env.POSTRIDER_DATA_DIR,
    secretKeys: env.POSTRIDER_SECRET_KEYS,
    operatorKey: env.POSTRIDER_OPERATOR_KEY,
    outboundAllow: env.POSTRIDER_OUTBOUND_ALLOW ?? [],
    opensLoopbackToDemo: isLocal && (!env.POSTRIDER_PUBLIC_URL || isLoopbackUrl(env.POSTRIDER_PUBLIC_URL)),
    opensOwnListen: isLocal,
    outboundProxy: env.POSTRIDER_OUTBOUND_PROXY,
    publicUrl: env.POSTRIDER_PUBLIC_URL,
    corsOrigins: env.POSTRIDER_CORS_ORIGINS,
    retentionDays: env.POSTRIDER_RETENTION_DAYS,
    concurrency: env.POSTRIDER_CONCURRENCY,
    destinationConcurrency: env.POSTRIDER_DESTINATION_CONCURRENCY,
    evaluationProcesses: env.POSTRIDER_EVALUATION_PROCESSES,
    readPool: env.POSTRIDER_READ_POOL,
    databasePool: env.POSTRIDER_DATABASE_POOL,
    statementTimeoutSeconds: env.POSTRIDER_STATEMENT_TIMEOUT,
    pipelinePool: env.POSTRIDER_PIPELINE_POOL,
    preparedStatements: env.POSTRIDER_PREPARED_STATEMENTS === 'on',
    maxConnections: env.POSTRIDER_MAX_CONNECTIONS,
    rateLimit: env.POSTRIDER_RATE_LIMIT,
    limits: env.POSTRIDER_LIMITS,
    connectors: env.POSTRIDER_CONNECTORS,
    strictConnectors: env.POSTRIDER_STRICT_CONNECTORS === 'on',
    logLevel: env.POSTRIDER_LOG_LEVEL,
  }
}

export function readApiAccess(environment: Readonly<Record<string, string | undefined>>): ApiAccess {
  const { POSTRIDER_URL, POSTRIDER_API_KEY, POSTRIDER_DATA_DIR } = environment
  return {
    url: POSTRIDER_URL || 'http://127.0.0.1:4000',
    apiKey: POSTRIDER_API_KEY || undefined,
    dataDir: POSTRIDER_DATA_DIR || '.postrider',
  }
}

/** `id:base64,...` as POSTRIDER_SECRET_KEYS and the key file have it. */
export function parseSecretKeys(value: string | undefined, context?: z.RefinementCtx): ConfiguredKey[] | undefined {
  const keys = value?.split(',').map((entry) => {
    const [, id, base64] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]+={0,2})$/.exec(entry.trim()) ?? []
    return { id: id ?? '', key: Buffer.from(base64 ?? '', 'base64') }
  })
  if (
    keys?.some((entry) => entry.key.length !== 32) ||
    new Set(keys?.map((entry) => entry.id)).size !== (keys?.length ?? 0)
  ) {
    context?.addIssue('is a list of id:base64, each of exactly 32 bytes, no id twice')
    return undefined
  }
  return keys
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

export function isLoopbackUrl(url: string): boolean {
  return isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))
}

function isPostgresUrl(text: string): boolean {
  // "user@/name?host=/folder" is how pg spells a socket in a folder.
  return /^postgres(ql)?:\/\/.+/.test(text) && URL.canParse(text.replace('@/', '@localhost/'))
}

function parseProxyUrl(value: string | undefined, context: z.RefinementCtx): string | undefined {
  try {
    if (value !== undefined) parseProxy(value)
  } catch (error) {
    context.addIssue(messageOf(error))
  }
  return value
}

/** Word for word what a browser sends, because that is what it is compared with: no path, no default port, lower case. */
function parseOrigins(value: string | undefined, context: z.RefinementCtx): string[] {
  const origins = parseList(value ?? '')
  const bad = origins.find((one) => !/^https?:[^*]+$/.test(one) || URL.parse(one)?.origin !== one)
  if (bad !== undefined)
    context.addIssue(`"${bad}" is not an origin as browsers write it, such as https://app.example.com`)
  return origins
}

function parseAllowList(value: string | undefined, context: z.RefinementCtx): string[] | undefined {
  const list = value === undefined ? undefined : parseList(value)
  try {
    parseAllow(list ?? [])
  } catch (error) {
    context.addIssue(messageOf(error))
  }
  return list
}

function parseLimits(value: string | undefined, context: z.RefinementCtx): BudgetLimits {
  const given = parseList(value ?? '').map((entry) => {
    const [, name = '', number = ''] = /^(\w+)=(\d{1,9})$/.exec(entry) ?? []
    if (!Object.hasOwn(defaultLimits, name)) {
      context.addIssue(`"${entry}" is not a limit with a number, such as DESTINATIONS=500`)
    }
    return [name as LimitName, Number(number)] as const
  })
  if (new Set(given.map(([name]) => name)).size !== given.length) context.addIssue('names a limit twice')
  return { ...defaultLimits, ...Object.fromEntries(given) }
}

function parsePackages(value: string | undefined, context: z.RefinementCtx): { name: string; version: string }[] {
  const packages = parseList(value ?? '').map((entry) => {
    const [, name = '', version = ''] = /^((?:@[\w.-]+\/)?[\w.-]+)@(\d+\.\d+\.\d+[\w.+-]*)$/.exec(entry) ?? []
    if (!name)
      context.addIssue(
        `"${entry}" is not the name of a package with an exact version, such as postrider-connector-acme@1.2.3`,
      )
    return { name, version }
  })
  if (new Set(packages.map(({ name }) => name)).size !== packages.length) context.addIssue('names a package twice')
  return packages
}

function parseList(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}
