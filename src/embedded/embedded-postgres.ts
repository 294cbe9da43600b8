import { mkdir, realpath } from 'node:fs/promises'
import { chooseAccount } from './choose-account.ts'
import { prepareData } from './data.ts'
import { claimFolder } from './folder-claim.ts'
import { findBinaries } from './postgres-binaries.ts'
import { startServer } from './server.ts'

export { DataFolderInUse } from './folder-claim.ts'

export interface EmbeddedPostgres extends AsyncDisposable {
  /** postgres:// URL of a superuser on the database `postrider`, over loopback TCP. */
  readonly url: string
  /** Stops Postgres (fast shutdown: clients are cut off, what is committed stays) and waits until it is gone. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Folder of ours alone, made when missing. The data lies in its folder `postgres`, the password in `postgres-password`. */
  readonly dataDir: string
  /** Told what an operator should know: a Postgres left behind, one that died, what Postgres itself complains about. */
  readonly log?: (message: string) => void
  /** postgresql.conf settings, over ours. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Runs a Postgres 18 of our own on a data folder, for real use on one machine and for tests. It outlives Ctrl-C and is
 * stopped only by disposing; if we are killed it stays behind, and the next start on the folder stops it first.
 * Throws DataFolderInUse while another process has the folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log = () => {}, settings = {} } = options
  await mkdir(options.dataDir, { recursive: true })
  const dataDir = await realpath(options.dataDir)

  await using undo = new AsyncDisposableStack()
  undo.use(claimFolder(dataDir))
  const binaries = await findBinaries()
  const account = await chooseAccount(dataDir, binaries)
  const data = await prepareData({ dataDir, binaries, account, log })
  const server = undo.use(await startServer({ folder: data.folder, binaries, account, settings, log }))

  const parts = undo.move()
  let stopped: Promise<void> | undefined
  return {
    url: `postgres://postgres:${data.password}@127.0.0.1:${server.port}/postrider`,
    [Symbol.asyncDispose]() {
      stopped ??= parts.disposeAsync()
      return stopped
    },
  }
}
