import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { signalPostgres } from './signal.ts'

interface LeftBehind {
  readonly folder: string
  readonly binaries: PostgresBinaries
  readonly log: (message: string) => void
}

/** Stops the Postgres that an owner who was killed left at work in the folder. Only for who holds the claim. */
export async function stopLeftBehind({ folder, binaries, log }: LeftBehind): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid')
  const pid = await readPid(pidFile)
  if (pid === undefined) return
  if (pid === 'empty') return rm(pidFile, { force: true })
  // Of a dead one Postgres takes over the file itself, and first looks for children that outlived it.
  if (!isAlive(pid)) return
  if (!(await isPostgresIn(pid, folder))) {
    log(`Process ${pid} is not the Postgres that once ran in ${folder}, it only has its number`)
    return rm(pidFile, { force: true })
  }
  log(`Stopping the Postgres (process ${pid}) that was left behind in ${folder}`)
  await stop({ pid, folder, binaries })
}

async function readPid(pidFile: string): Promise<number | 'empty' | undefined> {
  const text = await readFile(pidFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  return Number.parseInt(text, 10) || 'empty'
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** False too for a zombie: it has no command line any more, and no hold on the data. */
async function isPostgresIn(pid: number, folder: string): Promise<boolean> {
  const commandLine = await readCommandLine(pid).catch(() => '')
  return commandLine.includes(`postgres -D ${folder} `)
}

async function readCommandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
  const run = promisify(execFile)
  if (process.platform !== 'win32') return (await run('ps', ['-ww', '-o', 'args=', '-p', `${pid}`])).stdout
  const query = `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`
  return (await run('powershell', ['-NoProfile', '-Command', query])).stdout.replaceAll(/"|\.exe/g, '')
}

async function stop({ pid, folder, binaries }: { pid: number; folder: string; binaries: PostgresBinaries }) {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    await signalPostgres(pid, signal, binaries)
    const deadline = AbortSignal.timeout(20_000)
    while (!deadline.aborted) {
      if (!(await isPostgresIn(pid, folder))) return
      await delay(20)
    }
  }
  throw new Error(`The Postgres (process ${pid}) that was left behind in ${folder} does not stop`)
}
