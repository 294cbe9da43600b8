import type { Command } from 'commander'
import type { BroughtUpToDate } from '../app/bring-up-to-date.ts'
import { Unavailable } from '../domain/refused.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import { Unusable } from './failure.ts'
import { createOutput, note } from './output.ts'

export function addMigrate(program: Command, cli: Cli): void {
  program
    .command('migrate')
    .description('Bring the database of DATABASE_URL, or the embedded one, up to date, and say what was done.')
    .option('--json', 'JSON on standard output, and nothing else')
    .addHelpText('after', examples('postrider migrate', 'DATABASE_URL=postgres://… postrider migrate --json'))
    .action(async ({ json = false }: { json?: boolean }) => {
      const done = await migrateDatabase(cli)
      await createOutput(json).show(done, () => describe(done))
    })
}

/** The embedded Postgres is started for it, and stopped again. */
async function migrateDatabase({ environment }: Cli): Promise<BroughtUpToDate> {
  const [{ readConfig }, { bringUpToDate }, { describeAddress, reachPostgres }] = await Promise.all([
    import('../app/config.ts'),
    import('../app/bring-up-to-date.ts'),
    import('../store/reach-postgres.ts'),
  ])
  const config = readConfig(environment)
  if (config.databaseUrl) {
    // First: it says in words why not, and a Postgres that is too old is left as it is.
    await reachPostgres(config.databaseUrl, new AbortController().signal).catch((error) => {
      if (!(error instanceof Unavailable)) throw error
      throw new Unusable(`The database ${describeAddress(config.databaseUrl!)} cannot be used`, error.message)
    })
    return bringUpToDate(config.databaseUrl)
  }
  const { startEmbeddedPostgres } = await import('../embedded/embedded-postgres.ts')
  await using postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log: note })
  return await bringUpToDate(postgres.url)
}

function describe({ migrations, jobTables: { before, after } }: BroughtUpToDate): string[] {
  const applied = migrations.map((name) => `applied  ${name}`)
  if (before !== after) applied.push(`applied  tables of the queue (pg-boss): ${before ?? 'none'} -> ${after}`)
  return applied.length > 0 ? applied : ['The database is up to date: nothing was to be done.']
}
