import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stopLeftBehind } from '../../src/embedded/left-behind.ts'
import { findBinaries } from '../../src/embedded/postgres-binaries.ts'

export const checkout = path.resolve(import.meta.dirname, '../..')

/** The program. */
const MAIN = 'bin/postrider.mjs'

export interface ProcessOptions {
  /** All that the process sees of the environment, beside PATH, HOME and a free PORT. */
  readonly environment?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Through `npm start` itself, with its shell in between. */
  readonly byNpm?: boolean
  /** At a terminal of its own, by Debian's `script`. */
  readonly atTerminal?: boolean
  /** What it is waited for to say. Default: that it is ready. */
  readonly until?: string
  /** POSTRIDER_DATA_DIR, which the caller removes. Default: a folder that goes with the process. */
  readonly dataDir?: string
}

/** Postrider as `npm start` runs it. Disposing kills it and its Postgres, and removes a data folder of its own. */
export interface PostriderProcess extends AsyncDisposable {
  readonly pid: number
  readonly url: string
  /** Those that the data folder keeps, and the link that a terminal shows; '' for what is not there. */
  readonly keys: { readonly link: string; readonly apiKey: string; readonly operatorKey: string }
  readonly dataDir: string
  /** Standard output and error so far. */
  readonly output: string
  /** Resolves as soon as the output has it. */
  said(text: string): Promise<void>
  /**
   * Sends the signal and waits for the end; resolves to the exit code, null after SIGKILL. SIGINT and SIGKILL go to the
   * whole process group, as Ctrl-C does (Postgres is in a group of its own), others to the started process alone.
   */
  kill(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts Postrider and waits until it says that it is ready, or what `until` has. Throws with its output when it ends before. */
export async function startProcess(options: ProcessOptions = {}): Promise<PostriderProcess> {
  await using starting = new AsyncDisposableStack()
  const dataDir = options.dataDir ?? starting.use(await temporaryFolder()).path
  starting.defer(() => stopPostgres(dataDir))
  const child = start(MAIN, options, dataDir)
  starting.defer(async () => void (await end(child, 'SIGKILL')))
  const output = follow(child)
  await output.said(options.until ?? 'is ready at ')
  const started = starting.move()
  const [, place = ''] = /(?:is ready|says so) at (\S+)/.exec(output.text()) ?? []
  const url = new URL(place).origin
  const keys = await readKeys(dataDir)
  return {
    pid: child.pid!,
    url,
    keys: { ...keys, link: keys.apiKey && `${url}/graphiql/#key=${keys.apiKey}` },
    dataDir,
    get output() {
      return output.text()
    },
    said: output.said,
    kill: (signal) => end(child, signal),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

async function readKeys(dataDir: string) {
  const read = (name: string) => readFile(path.join(dataDir, name), 'utf8').catch(() => '')
  const demo = await read('demo.json')
  return { apiKey: demo && JSON.parse(demo).apiKey, operatorKey: (await read('operator-key')).trim() }
}

/** Runs a script of the checkout, the program unless told otherwise, until it ends by itself. */
export async function runToEnd({ script = MAIN, ...options }: ProcessOptions & { script?: string } = {}) {
  await using folder = options.dataDir === undefined ? await temporaryFolder() : undefined
  const child = start(script, options, options.dataDir ?? folder!.path)
  const output = follow(child)
  const [exitCode] = await once(child, 'close')
  return { exitCode, stdout: output.stdout(), stderr: output.stderr() } as Ended
}

/** A folder that is gone after its disposal. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'postrider-process-'))
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) }
}

/** The number of the Postgres that runs on a data folder; undefined when none does. */
export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '')
  return Number.parseInt(text, 10) || undefined
}

function start(script: string, options: ProcessOptions, dataDir: string): ChildProcess {
  const { environment, args = [] } = options
  const bin = path.join(checkout, 'node_modules/.bin')
  const [command, own] = commandOf(script, options)
  return spawn(command, [...own, ...args], {
    cwd: checkout,
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: process.env.HOME,
      PORT: '0',
      POSTRIDER_DATA_DIR: dataDir,
      ...environment,
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function commandOf(script: string, { byNpm, atTerminal }: ProcessOptions): [command: string, args: string[]] {
  if (byNpm) return ['npm', ['start', '--silent', '--']]
  if (atTerminal) return ['script', ['-qfec', `"${process.execPath}" ${script}`, '/dev/null']]
  return [process.execPath, [script]]
}

/** What a process says, as it says it. */
export function follow(child: ChildProcess) {
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  const text = () => stdout + stderr
  const onText = () => {
    for (const listener of listeners) listener()
  }
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    onText()
  })
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    onText()
  })
  const when = (isThere: () => boolean, what: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!isThere()) return
        listeners.delete(look)
        child.off('close', onClose)
        resolve()
      }
      const onClose = (code: number | null, signal: NodeJS.Signals | null) =>
        reject(new Error(`Ended (${signal ?? code}) before ${what}:\n${text()}`))
      listeners.add(look)
      child.once('close', onClose)
      look()
    })
  return {
    text,
    stdout: () => stdout,
    stderr: () => stderr,
    /** Resolves as soon as that is so of what it said. */
    when,
    said: (wanted: string) => when(() => text().includes(wanted), `it said "${wanted}"`),
  }
}

/** Sends the signal and waits for the end: see PostriderProcess.kill. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const closed = once(child, 'close')
  process.kill(signal === 'SIGTERM' ? child.pid! : -child.pid!, signal)
  const [exitCode] = await closed
  return exitCode
}

async function stopPostgres(dataDir: string): Promise<void> {
  await stopLeftBehind({ folder: path.join(dataDir, 'postgres'), binaries: await findBinaries(), log: () => undefined })
}
