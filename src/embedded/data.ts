import { randomBytes } from 'node:crypto'
import { mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Account, giveTo } from './account.ts'
import { stopLeftBehind } from './left-behind.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { runToEnd } from './process.ts'

export interface PostgresData {
  readonly folder: string
  readonly password: string
}

interface Surroundings {
  readonly dataDir: string
  readonly binaries: PostgresBinaries
  readonly account: Account
  readonly log: (message: string) => void
}

/** Makes the data folder ready to be started on: whole, the account's, and with no Postgres at work in it. */
export async function prepareData(surroundings: Surroundings): Promise<PostgresData> {
  const { dataDir, binaries, account, log } = surroundings
  const folder = join(dataDir, 'postgres')
  await removeHalfMade(dataDir, log)
  if (await isMissing(join(folder, 'PG_VERSION'))) await initialise(folder, surroundings)
  await stopLeftBehind({ folder, binaries, log })
  await giveTo(account, folder)
  return { folder, password: await readFile(passwordFile(dataDir), 'utf8') }
}

const halfMade = 'postgres.new-'

function passwordFile(dataDir: string): string {
  return join(dataDir, 'postgres-password')
}

async function removeHalfMade(dataDir: string, log: (message: string) => void): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(halfMade)) continue
    // The initdb of a killed owner may still be writing here. A folder that stays is in nobody's way.
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 3 }).catch((error: Error) => {
      log(`Cannot remove a data folder that was never finished: ${error.message}`)
    })
  }
}

async function isMissing(path: string): Promise<boolean> {
  try {
    await stat(path)
    return false
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
}

/** All is made in a folder of another name, so that the data folder is either whole or not there. */
async function initialise(folder: string, { dataDir, binaries, account }: Surroundings): Promise<void> {
  const workshop = await mkdtemp(join(dataDir, halfMade))
  try {
    const password = join(workshop, 'password')
    const data = join(workshop, 'data')
    await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 })
    await giveTo(account, workshop)

    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const login = ['--username=postgres', `--pwfile=${password}`, '--auth=scram-sha-256']
    await runToEnd(account, { command: [binaries.initdb, `--pgdata=${data}`, ...locale, ...login], cwd: workshop })
    await runToEnd(account, {
      command: [binaries.postgres, '--single', '-D', data, '-c', 'exit_on_error=on', 'postgres'],
      cwd: workshop,
      stdin: 'CREATE DATABASE postrider\n',
    })

    // The password first: data without it would be of no use.
    await rename(password, passwordFile(dataDir))
    await rename(data, folder)
    await syncFolder(dataDir)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/** Postgres syncs what lies inside; that it lies under its new name is for us to make lasting. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  await using folder = await open(path)
  await folder.sync()
}
