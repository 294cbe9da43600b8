import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../src/api/budgets/budget-limits.ts'
import { ConfigInvalid, readConfig } from '../src/app/config.ts'

const key = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64')
const DATABASE = { DATABASE_URL: 'postgres://localhost/postrider', POSTRIDER_SECRET_KEYS: `k1:${key(32)}` }

describe('a bad value is refused with the variable and the rule', () => {
  test.each([
    ['PORT', 'abc', 'is a whole number from 0 to 65535'],
    ['PORT', '65536', 'is a whole number from 0 to 65535'],
    ['PORT', '-1', 'is a whole number from 0 to 65535'],
    ['PORT', '40.5', 'is a whole number from 0 to 65535'],
    ['DATABASE_URL', 'mysql://localhost/x', 'is a postgres:// URL'],
    ['DATABASE_URL', 'postgres://me:pa/ss@localhost/x', 'percent-encoded'],
    ['DATABASE_URL', 'postgres://localhost:port/x', 'is a postgres:// URL'],
    ['POSTRIDER_SECRET_KEYS', 'k1', 'is a list of id:base64, each of exactly 32 bytes'],
    ['POSTRIDER_SECRET_KEYS', `k1:${key(31)}`, 'each of exactly 32 bytes'],
    ['POSTRIDER_SECRET_KEYS', `k1:${key(32)},k1:${key(32)}`, 'no id twice'],
    ['POSTRIDER_SECRET_KEYS', `:${key(32)}`, 'is a list of id:base64'],
    ['POSTRIDER_OPERATOR_KEY', 'x'.repeat(31), 'is 32 or more printable ASCII characters'],
    ['POSTRIDER_OPERATOR_KEY', `${'x'.repeat(32)} y`, 'without spaces'],
    ['POSTRIDER_OUTBOUND_ALLOW', '10.0.0.0/33', '"10.0.0.0/33" is not a CIDR'],
    ['POSTRIDER_OUTBOUND_ALLOW', 'http://internal', '"http://internal" is not a CIDR'],
    ['POSTRIDER_PUBLIC_URL', 'hooks.example.com', 'is an http(s) URL'],
    ['POSTRIDER_PUBLIC_URL', 'ftp://hooks.example.com', 'is an http(s) URL'],
    ['POSTRIDER_CORS_ORIGINS', '*', '"*" is not an origin as browsers write it'],
    ['POSTRIDER_CORS_ORIGINS', 'null', '"null" is not an origin'],
    ['POSTRIDER_CORS_ORIGINS', 'app.example.com', '"app.example.com" is not an origin'],
    ['POSTRIDER_CORS_ORIGINS', 'https://*.example.com', '"https://*.example.com" is not an origin'],
    ['POSTRIDER_CORS_ORIGINS', 'https://a.example, https://b.example/', '"https://b.example/" is not an origin'],
    ['POSTRIDER_CORS_ORIGINS', 'https://a.example:443', '"https://a.example:443" is not an origin'],
    ['POSTRIDER_CORS_ORIGINS', 'https://App.example', '"https://App.example" is not an origin'],
    ['POSTRIDER_CORS_ORIGINS', 'ftp://a.example', '"ftp://a.example" is not an origin'],
    ['POSTRIDER_RETENTION_DAYS', '-1', 'is a whole number from 0 to 36500'],
    ['POSTRIDER_CONCURRENCY', '0', 'is a whole number from 1 to 10000'],
    ['POSTRIDER_DATABASE_POOL', '1', 'is a whole number from 2 to 1000'],
    ['POSTRIDER_READ_POOL', '1', 'is a whole number from 2 to 1000'],
    ['POSTRIDER_STATEMENT_TIMEOUT', '0', 'is a whole number from 1 to 3600'],
    ['POSTRIDER_LIMITS', 'DESTINATION=5', '"DESTINATION=5" is not a limit with a number'],
    ['POSTRIDER_LIMITS', 'DESTINATIONS=-1', '"DESTINATIONS=-1" is not a limit with a number'],
    ['POSTRIDER_LIMITS', '__proto__=1', '"__proto__=1" is not a limit'],
    ['POSTRIDER_LIMITS', 'DESTINATIONS=1,DESTINATIONS=2', 'names a limit twice'],
    ['POSTRIDER_MAX_CONNECTIONS', '9', 'is a whole number from 10 to 1000000'],
    ['POSTRIDER_LOG_LEVEL', 'loud', '"debug"'],
  ])('%s=%s', (name, value, rule) => {
    const message = refusal({ [name]: value })
    expect(message).toContain(`  ${name} `)
    expect(message).toContain(rule)
  })

  test('all of them at once', () => {
    const message = refusal({ PORT: 'abc', POSTRIDER_CONCURRENCY: 'many', POSTRIDER_OPERATOR_KEY: 'short' })
    expect(message.split('\n').map((line) => line.trim().split(' ')[0])).toEqual(
      expect.arrayContaining(['PORT', 'POSTRIDER_OPERATOR_KEY', 'POSTRIDER_CONCURRENCY']),
    )
  })

  test.each([
    ['POSTRIDER_OPERATOR_KEY', 'sesame sesame sesame sesame sesame'],
    ['POSTRIDER_SECRET_KEYS', `k1:${key(31)}`],
    ['DATABASE_URL', 'mysql://root:sesame@localhost'],
  ])('without showing it, where it is a secret: %s', (name, value) => {
    expect(refusal({ [name]: value })).not.toContain(value.slice(4))
  })
})

test('a database of one’s own needs secret keys of one’s own', () => {
  expect(refusal({ DATABASE_URL: DATABASE.DATABASE_URL })).toContain(
    'POSTRIDER_SECRET_KEYS is required with DATABASE_URL',
  )
  expect(readConfig(DATABASE)).toMatchObject({ databaseUrl: DATABASE.DATABASE_URL, secretKeys: [{ id: 'k1' }] })
})

test('nothing set gives the defaults', () => {
  expect(readConfig({})).toEqual({
    port: 4000,
    host: '127.0.0.1',
    corsOrigins: [],
    databaseUrl: undefined,
    dataDir: '.postrider',
    secretKeys: undefined,
    operatorKey: undefined,
    outboundProxy: undefined,
    outboundAllow: [],
    opensLoopbackToDemo: true,
    opensOwnListen: true,
    publicUrl: undefined,
    rateLimit: 0,
    limits: defaultLimits,
    connectors: [],
    strictConnectors: false,
    retentionDays: 30,
    concurrency: 256,
    destinationConcurrency: 32,
    evaluationProcesses: 2,
    readPool: 8,
    databasePool: 4,
    statementTimeoutSeconds: 10,
    pipelinePool: 8,
    preparedStatements: true,
    maxConnections: 10_000,
    logLevel: 'info',
  })
})

test('an empty variable counts as unset', () => {
  const names = [
    'PORT',
    'HOST',
    'DATABASE_URL',
    'POSTRIDER_DATA_DIR',
    'POSTRIDER_SECRET_KEYS',
    'POSTRIDER_OPERATOR_KEY',
  ]
  const more = ['POSTRIDER_PUBLIC_URL', 'POSTRIDER_CONCURRENCY', 'POSTRIDER_DATABASE_POOL', 'POSTRIDER_LOG_LEVEL']
  const empty = Object.fromEntries([...names, ...more].map((name) => [name, '']))
  expect(readConfig(empty)).toEqual(readConfig({}))
})

describe('destinations may reach', () => {
  test.each<[what: string, environment: Record<string, string>, allowed: readonly string[]]>([
    ['nothing internal, on a public host', { HOST: '0.0.0.0' }, []],
    ['nothing internal, with a database of one’s own', DATABASE, []],
    ['what the list says', { POSTRIDER_OUTBOUND_ALLOW: '10.0.0.0/8, receiver ,' }, ['10.0.0.0/8', 'receiver']],
    ['nothing internal, when the list is empty', { POSTRIDER_OUTBOUND_ALLOW: '' }, []],
  ])('%s', (_, environment, allowed) => {
    const closed = { outboundAllow: allowed, opensLoopbackToDemo: false, opensOwnListen: false }
    expect(readConfig(environment)).toMatchObject(closed)
  })

  test.each<[host: string, publicUrl: string, opensLoopbackToDemo: boolean]>([
    ['::1', '', true],
    ['localhost', 'http://localhost:4000', true],
    ['127.0.0.1', 'http://127.0.0.1', true],
    ['127.0.0.1', 'https://[::1]/', true],
    ['127.0.0.1', 'https://hooks.example.com', false],
    ['127.0.0.1', 'https://127.example.com', false],
    ['127.0.0.1', 'https://localhost.example.com', false],
    ['127.0.0.1', 'http://192.168.0.1:4000', false],
  ])('the own /listen on %s, and loopback from the demo unless "%s" is public', (HOST, url, opensLoopbackToDemo) => {
    const config = readConfig({ HOST, POSTRIDER_PUBLIC_URL: url })
    expect(config).toMatchObject({ outboundAllow: [], opensLoopbackToDemo, opensOwnListen: true })
  })
})

test('origins are a list', () => {
  const { corsOrigins } = readConfig({ POSTRIDER_CORS_ORIGINS: 'https://a.example, http://localhost:3000,' })
  expect(corsOrigins).toEqual(['https://a.example', 'http://localhost:3000'])
})

test('limits that are not given stay as they are', () => {
  expect(readConfig({ POSTRIDER_LIMITS: 'DESTINATIONS=500, TEST_BYTES=0' }).limits).toEqual({
    ...defaultLimits,
    DESTINATIONS: 500,
    TEST_BYTES: 0,
  })
})

test('secret keys are read in their order: the first encrypts', () => {
  const { secretKeys } = readConfig({
    POSTRIDER_SECRET_KEYS: `new:${key(32)}, old:${Buffer.alloc(32).toString('base64')}`,
  })
  expect(secretKeys).toEqual([
    { id: 'new', key: Buffer.alloc(32, 7) },
    { id: 'old', key: Buffer.alloc(32) },
  ])
})

test('the process says which variable is wrong and exits with 1', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const env = { ...process.env, PORT: 'abc' }
  const child = spawn(process.execPath, ['bin/postrider.mjs'], { cwd: root, env })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  expect(stderr).toBe('Postrider cannot start:\n  PORT is a whole number from 0 to 65535\n')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})

function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalid)
    return (error as ConfigInvalid).message
  }
  throw new Error('The environment was accepted')
}
