import { chown, lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** As whom Postgres runs. Postgres refuses root, so under root it is somebody else. */
export interface Account {
  /** For messages. */
  readonly name: string
  /** The command that runs what follows it as this account; it replaces itself, so that the pid is that of Postgres. */
  readonly prefix: readonly string[]
  /** Whom Node makes the process; absent when `prefix` does that, or nobody needs to. */
  readonly spawnAs?: Owner
  /** Whose Postgres' files must be; absent when what we create is right as it is. */
  readonly filesOf?: Owner
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Gives a file or a whole folder to the account, whatever account had it before. */
export async function giveTo(account: Account, path: string): Promise<void> {
  const owner = account.filesOf
  if (!owner) return
  const stats = await lstat(path)
  if (stats.uid === owner.uid) return
  if (stats.isDirectory()) {
    for (const name of await readdir(path, { recursive: true })) await lchown(join(path, name), owner.uid, owner.gid)
  }
  // Last, because it tells that all the rest is done.
  await chown(path, owner.uid, owner.gid)
}
