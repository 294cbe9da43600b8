import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { PostgresBinaries } from './postgres-binaries.ts'

/** SIGINT: cut clients off and shut down (fast). SIGQUIT: drop everything, recover at the next start (immediate). */
export type ShutdownSignal = 'SIGINT' | 'SIGQUIT'

export async function signalPostgres(pid: number, signal: ShutdownSignal, binaries: PostgresBinaries): Promise<void> {
  if (process.platform === 'win32') {
    // Any signal from Node is the death of a Windows process; pg_ctl knows how Postgres is told there.
    await promisify(execFile)(binaries.pgCtl, ['kill', signal.slice('SIG'.length), `${pid}`])
    return
  }
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
