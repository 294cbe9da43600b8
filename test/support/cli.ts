import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { format } from 'node:util'
import { vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import type { Endpoint } from '../../src/client/request.ts'
import { checkout, type Ended, end, follow } from './process.ts'

// The command as a person types it: `node bin/postrider.mjs …`, from a folder of no meaning.

export interface CliOptions {
  /** POSTRIDER_URL and POSTRIDER_API_KEY. */
  readonly endpoint?: Endpoint
  readonly environment?: Readonly<Record<string, string>>
  /** Standard input. */
  readonly input?: string
  /** Of node itself. */
  readonly nodeArgs?: readonly string[]
}

/** One that goes on until it is told to stop. */
export interface RunningCli extends AsyncDisposable {
  readonly stdout: string
  readonly stderr: string
  /** Resolves as soon as its output has it. */
  said(text: string): Promise<void>
  /** Resolves with the first `count` lines of standard output. */
  lines(count: number): Promise<string[]>
  /** Resolves as soon as that is so of what it said. */
  when(isThere: () => boolean, what: string): Promise<void>
  /** As Ctrl-C does; resolves to the exit code. */
  interrupt(): Promise<number | null>
}

/** Runs a command in this process, in a tenth of the time. One at a time: its output is caught as the process's. */
export async function runCliHere(
  args: readonly string[],
  options: Pick<CliOptions, 'endpoint' | 'environment'> = {},
): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  const write =
    (name: 'stdout' | 'stderr') =>
    (text: string | Uint8Array, ...rest: unknown[]) => {
      said[name] += text
      const onWritten = rest.at(-1)
      if (typeof onWritten === 'function') onWritten()
      return true
    }
  const line =
    (name: 'stdout' | 'stderr') =>
    (...values: unknown[]) => {
      said[name] += `${format(...values)}\n`
    }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(write('stdout')),
    vi.spyOn(process.stderr, 'write').mockImplementation(write('stderr')),
    // Under vitest the console does not write to the process's streams.
    vi.spyOn(console, 'log').mockImplementation(line('stdout')),
    vi.spyOn(console, 'error').mockImplementation(line('stderr')),
  ]
  try {
    const serve = () => Promise.reject(new Error('A server needs a process of its own'))
    const exitCode = await runProgram(args, { environment: environmentOf(options), serve })
    return { exitCode, ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** The one document of `--json`, of a command in this process. */
export async function runJsonHere(...[args, options]: Parameters<typeof runCliHere>) {
  return documentOf(await runCliHere([...args, '--json'], options))
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const child = start(args, options)
  const output = follow(child)
  child.stdin!.end(options.input ?? '')
  const [exitCode] = await once(child, 'close')
  return { exitCode, stdout: output.stdout(), stderr: output.stderr() }
}

/** The one document of `--json`. */
export async function runJson(args: readonly string[], options: CliOptions = {}) {
  return documentOf(await runCli([...args, '--json'], options))
}

function documentOf({ exitCode, stdout, stderr }: Ended) {
  if (!stdout.endsWith('\n') || stdout.trimEnd().includes('\n')) throw new Error(`Not one line: ${stdout}${stderr}`)
  return { exitCode, stderr, document: JSON.parse(stdout) }
}

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const child = start(args, options)
  const output = follow(child)
  return {
    get stdout() {
      return output.stdout()
    },
    get stderr() {
      return output.stderr()
    },
    said: output.said,
    async lines(count) {
      const whole = () => output.stdout().split('\n').slice(0, -1)
      await output.when(() => whole().length >= count, `it had ${count} lines`)
      return whole().slice(0, count)
    },
    when: output.when,
    interrupt: () => end(child, 'SIGINT'),
    [Symbol.asyncDispose]: async () => void (await end(child, 'SIGKILL')),
  }
}

function start(args: readonly string[], options: CliOptions): ChildProcess {
  const { nodeArgs = [] } = options
  return spawn(process.execPath, [...nodeArgs, path.join(checkout, 'bin/postrider.mjs'), ...args], {
    cwd: '/',
    env: environmentOf(options),
    detached: true,
    stdio: 'pipe',
  })
}

function environmentOf({ endpoint, environment }: CliOptions) {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    POSTRIDER_DATA_DIR: '/nowhere',
    ...(endpoint && { POSTRIDER_URL: endpoint.url, POSTRIDER_API_KEY: endpoint.key }),
    ...environment,
  }
}
