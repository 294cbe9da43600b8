import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  watch,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { DataFolderInUse, startEmbeddedPostgres } from '../../src/embedded/embedded-postgres.ts'
import { stopLeftBehind } from '../../src/embedded/left-behind.ts'
import { findBinaries } from '../../src/embedded/postgres-binaries.ts'

const isRoot = process.getuid?.() === 0
const nobody = { uid: 65534, gid: 65534 }
const settings = { shared_buffers: '16MB', max_connections: '10' }
const checkout = join(import.meta.dirname, '../..')
const packagePath = relative(checkout, dirname(dirname(dirname((await findBinaries()).postgres))))

let box: string
/** What a start needs of the checkout, in a place that every user can reach and that tests may close. */
let copy: string
let dataDir: string
const children = new Set<ChildProcess>()

beforeAll(async () => {
  box = await mkdtemp(join(await realpath(tmpdir()), 'postrider-embedded-'))
  await chmod(box, 0o755)
  copy = join(box, 'checkout')
  if (isRoot) await copyCheckout()
})

afterEach(async () => {
  for (const child of children) await kill(child)
  await stopLeftBehind({ folder: join(dataDir, 'postgres'), binaries: await findBinaries(), log: () => {} })
})

afterAll(() => rm(box, { recursive: true, force: true, maxRetries: 5 }))

test('what was written is there after a stop and a start', async () => {
  dataDir = join(box, 'restart')
  const first = await start()
  await query(first.url, `create table note (body text); insert into note values ('kept')`)
  await first[Symbol.asyncDispose]()

  await using second = await start()
  expect(await query(second.url, 'select body from note')).toEqual([{ body: 'kept' }])
  expect(
    await query(second.url, `select current_setting('fsync') fsync, current_setting('is_superuser') root`),
  ).toEqual([{ fsync: 'on', root: 'on' }])
})

test('the process is gone after dispose, which may be called twice, and clients do not hold it up', async () => {
  dataDir = join(box, 'dispose')
  const postgres = await start()
  const pid = await postmasterPid()
  expect(isAlive(pid)).toBe(true)
  const client = new Client(postgres.url)
  const cutOff = Promise.withResolvers<Error>()
  client.on('error', cutOff.resolve)
  await client.connect()

  await Promise.all([postgres[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()])
  expect(isAlive(pid)).toBe(false)
  await postgres[Symbol.asyncDispose]()
  await cutOff.promise
})

test('only who knows the password gets in, and others on the machine cannot read it', async () => {
  dataDir = join(box, 'password')
  await using postgres = await start()
  const wrong = new URL(postgres.url)
  wrong.password = 'password'
  await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed')
  expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600)
})

test('a folder that another process has is in use, and the message names folder and process', async () => {
  dataDir = join(box, 'in-use')
  await using owner = await startElsewhere()
  const refusal = await start().catch((error: Error) => error)
  expect(refusal).toBeInstanceOf(DataFolderInUse)
  expect((refusal as Error).message).toContain(`${dataDir} is in use by process ${owner.pid}.`)
  await query(owner.url, 'select 1')
})

test('of several that start at once on a new folder one wins, within a process and between processes', async () => {
  dataDir = join(box, 'race')
  const starts = await Promise.allSettled([startElsewhere(), startElsewhere(), start(), start()])
  const won = starts.filter((start) => start.status === 'fulfilled').map((start) => start.value)
  const lost = starts.filter((start) => start.status === 'rejected').map((start) => start.reason.name)
  expect(lost).toEqual(Array(3).fill('DataFolderInUse'))
  expect(await query(won[0]!.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await won[0]![Symbol.asyncDispose]()
})

test('a Postgres left behind by a killed owner is stopped, and its data is there', async () => {
  dataDir = join(box, 'left-behind')
  const owner = await startElsewhere()
  await query(owner.url, `create table note (body text); insert into note values ('kept')`)
  const leftBehind = await postmasterPid()
  await kill(owner.process)
  expect(isAlive(leftBehind)).toBe(true)

  await using postgres = await start()
  expect(await postmasterPid()).not.toBe(leftBehind)
  await expect(query(owner.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  expect(await query(postgres.url, 'select body from note')).toEqual([{ body: 'kept' }])
})

test('a stranger that has the number of a Postgres long gone is left alone', async () => {
  dataDir = join(box, 'stranger')
  await (await start())[Symbol.asyncDispose]()
  const stranger = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  children.add(stranger)
  await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), `${stranger.pid}\n${join(dataDir, 'postgres')}\n`)

  await using postgres = await start()
  await query(postgres.url, 'select 1')
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
})

test('an owner killed while it makes the data folder is no obstacle', async () => {
  dataDir = join(box, 'half-made')
  await mkdir(dataDir)
  const changes = watch(dataDir)
  startElsewhere().catch(() => {})
  for await (const { filename } of changes) if (filename?.startsWith('postgres.new-')) break
  for (const child of children) await kill(child)
  expect(await readdir(dataDir)).not.toContain('postgres')

  await using postgres = await start()
  await query(postgres.url, 'select 1')
  expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.new-'))).toEqual([])
})

test('a Postgres that dies in between is told, not fatal, and the next start recovers', async () => {
  dataDir = join(box, 'dies')
  const told = Promise.withResolvers<string>()
  const log = (message: string) => message.startsWith('Postgres ended') && told.resolve(message)
  const postgres = await startEmbeddedPostgres({ dataDir, settings, log })
  await query(postgres.url, `create table note (body text); insert into note values ('kept')`)
  await expect(query(postgres.url, `select * from 'secret'`)).rejects.toThrow('syntax error')
  process.kill(await postmasterPid(), 'SIGKILL')
  expect(await told.promise).toMatch('Postgres ended (SIGKILL)')
  expect(await told.promise).not.toMatch('secret')
  await postgres[Symbol.asyncDispose]()

  await using next = await start()
  expect(await query(next.url, 'select body from note')).toEqual([{ body: 'kept' }])
})

test('what Postgres said is in the error', async () => {
  dataDir = join(box, 'says')
  const started = startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } })
  await expect(started).rejects.toThrow('invalid value for parameter "shared_buffers": "plenty"')
})

test.runIf(isRoot)('an ordinary user runs it as itself', async () => {
  dataDir = join(box, 'ordinary')
  await mkdir(dataDir)
  await chown(dataDir, nobody.uid, nobody.gid)
  await using owner = await startElsewhere({ from: copy, as: nobody })
  expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

for (const [whose, uid] of [
  ['root', 0],
  ['another user', nobody.uid],
] as const) {
  test.runIf(isRoot)(`root runs it from a closed folder of ${whose}`, async () => {
    await using _opened = await close(uid)
    dataDir = join(copy, `data-${uid}`)
    await using owner = await startElsewhere({ from: copy })
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
}

test.runIf(isRoot)(
  'root that may not become another user runs it too, and one that may takes the data over',
  async () => {
    dataDir = join(box, 'powerless')
    const owner = await startElsewhere({
      from: copy,
      prefix: ['setpriv', '--bounding-set=-setuid,-setgid', '--inh-caps=-setuid,-setgid'],
    })
    await query(owner.url, `create table note (body text); insert into note values ('kept')`)
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(0)
    await owner[Symbol.asyncDispose]()

    await using postgres = await start()
    expect(await query(postgres.url, 'select body from note')).toEqual([{ body: 'kept' }])
    expect((await stat(join(dataDir, 'postgres'))).uid).not.toBe(0)
  },
)

test.runIf(isRoot)('an installation without its library links completes them', async () => {
  const lib = join(copy, packagePath, 'native', 'lib')
  const links = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())
  expect(links.length).toBeGreaterThan(0)
  for (const link of links) await rm(join(lib, link.name))

  dataDir = join(box, 'links')
  await using owner = await startElsewhere({ from: copy })
  expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

function start() {
  return startEmbeddedPostgres({ dataDir, settings })
}

interface Elsewhere {
  /** Checkout whose code runs. */
  from?: string
  as?: { uid: number; gid: number }
  prefix?: string[]
}

/** Starts it in a process of its own, which stops it when told and stays for as long as we do. */
async function startElsewhere({ from = checkout, as, prefix = [] }: Elsewhere = {}) {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(join(from, 'src/embedded/embedded-postgres.ts'))})
    process.once('disconnect', () => process.exit())
    try {
      const postgres = await startEmbeddedPostgres(${JSON.stringify({ dataDir, settings })})
      process.once('message', async () => { await postgres[Symbol.asyncDispose](); process.disconnect() })
      process.send({ url: postgres.url })
    } catch (error) {
      process.send({ name: error.name, error: error.message }, () => process.disconnect())
    }`
  const node = from === checkout ? process.execPath : join(from, 'node')
  const [file, ...args] = [...prefix, node, '--input-type=module', '--eval', script]
  const child = spawn(file!, args, { ...as, cwd: '/', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  children.add(child)
  const [answer] = await once(child, 'message')
  if (answer.error) throw Object.assign(new Error(answer.error), { name: answer.name })
  return {
    url: answer.url as string,
    pid: child.pid,
    process: child,
    async [Symbol.asyncDispose]() {
      child.send('stop')
      await once(child, 'exit')
      children.delete(child)
    },
  }
}

async function kill(child: ChildProcess) {
  children.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function copyCheckout() {
  await mkdir(copy)
  await writeFile(join(copy, 'package.json'), '{ "type": "module" }')
  await cp(process.execPath, join(copy, 'node'))
  for (const path of ['src/embedded', packagePath]) {
    await cp(join(checkout, path), join(copy, path), { recursive: true, verbatimSymlinks: true })
  }
}

/** Makes the copy of the checkout one that only this user may enter, until disposed. */
async function close(uid: number): Promise<AsyncDisposable> {
  await chown(copy, uid, uid)
  await chmod(copy, 0o700)
  return {
    async [Symbol.asyncDispose]() {
      await chown(copy, 0, 0)
      await chmod(copy, 0o755)
    },
  }
}
