import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse'

  constructor(dataDir: string, ownerPid: string) {
    super(`The data folder ${dataDir} is in use by process ${ownerPid}. Stop that process, or use another folder.`)
  }
}

/**
 * Makes this process the folder's only owner until disposed or dead.
 *
 * The claim is an exclusive SQLite transaction on `owner.lock`, which is a lock that the operating system takes back when
 * we die: no stale claims, no race to take one over, no pid taken for another's, and it holds between containers that
 * share the folder. Trap: POSIX drops the lock if this process opens and closes that file by any other way.
 */
export function claimFolder(dataDir: string): Disposable {
  const pidFile = join(dataDir, 'owner.pid')
  const lock = lockFile(join(dataDir, 'owner.lock'), () => new DataFolderInUse(dataDir, readPid(pidFile)))
  writeFileSync(pidFile, `${process.pid}\n`)
  held.add(lock)
  return {
    [Symbol.dispose]() {
      if (!held.delete(lock)) return
      rmSync(pidFile, { force: true })
      lock.close()
    },
  }
}

/** A database that is garbage-collected lets go of its lock. */
const held = new Set<DatabaseSync>()

const SQLITE_BUSY = 5

function lockFile(path: string, whenBusy: () => Error): DatabaseSync {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(path)
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock?.close()
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) throw whenBusy()
    throw new Error(`Cannot lock ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** The pid is only for the message; the lock alone decides. */
function readPid(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim()
  } catch {
    return '(not known yet)'
  }
}
