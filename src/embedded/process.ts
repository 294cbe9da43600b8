import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import type { Account } from './account.ts'

export interface Command {
  readonly command: readonly string[]
  /** Must be a folder that the account can reach: ours may be closed to it. */
  readonly cwd: string
  readonly stdin?: string
}

/** Runs a command to its end and returns what it printed; throws with the last lines of that when it fails. */
export async function runToEnd(account: Account, command: Command): Promise<string> {
  const child = spawnAs(account, command)
  const output = new OutputTail(child)
  const [exitCode, signal] = await once(child, 'close').catch((cause: Error) => {
    throw new Error(`Cannot run ${command.command[0]}: ${cause.message}`, { cause })
  })
  if (exitCode === 0) return output.text
  throw new Error(`${basename(command.command[0]!)} failed (${signal ?? exitCode}):\n${output.text}`)
}

/**
 * Starts a process in a group of its own, so that Ctrl-C at the terminal reaches us alone: Postgres must outlive our drain.
 * Nothing of our environment is passed on: it holds secrets, and PG* variables that Postgres would obey.
 */
export function spawnAs(account: Account, { command, cwd, stdin }: Command): ChildProcess {
  const [file, ...args] = [...account.prefix, ...command]
  const child = spawn(file!, args, {
    cwd,
    ...account.spawnAs,
    ...(process.platform === 'win32' ? {} : { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' } }),
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A process that ends without reading says by its exit code what was wrong.
  child.stdin?.on('error', () => {})
  child.stdin?.end(stdin)
  return child
}

interface OutputFilter {
  /** Lines that it refuses are neither kept nor passed on. */
  readonly accept?: (line: string) => boolean
  readonly onLine?: (line: string) => void
}

/** The last lines that a process printed. */
export class OutputTail {
  readonly #lines: string[] = []

  constructor(child: ChildProcess, { accept = () => true, onLine = () => {} }: OutputFilter = {}) {
    for (const input of [child.stdout, child.stderr]) {
      if (!input) continue
      createInterface({ input }).on('line', (line) => {
        if (!accept(line)) return
        this.#lines.push(line)
        if (this.#lines.length > 20) this.#lines.shift()
        onLine(line)
      })
    }
  }

  get text(): string {
    return this.#lines.join('\n')
  }
}
