import pg from 'pg'
import type { Config } from '../app/config.ts'
import { openDataFolder } from '../app/data-folder.ts'
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts'
import { resealSecrets } from '../maintenance/reseal.ts'
import { createSecretBox } from '../store/secret-box.ts'

/**
 * `postrider secrets rotate`: seals everything that is secret with the first of the keys, so that the others can go. Safe beside
 * running processes that have all of the keys. Returns the exit code.
 */
export async function rotateSecrets(config: Config, print: (line: string) => void): Promise<number> {
  const folder = await openDataFolder(config)
  await using stack = new AsyncDisposableStack()
  const databaseUrl =
    config.databaseUrl ?? stack.use(await startEmbeddedPostgres({ dataDir: folder.dir, log: print })).url
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'postrider secrets rotate' })
  // The statement after it fails; unheard, the error would end the process.
  client.on('error', () => undefined)
  await client.connect()
  stack.defer(() => client.end())
  const sql = async <Row>(text: string, values?: readonly unknown[]) =>
    (await client.query(text, values as unknown[])).rows as Row[]
  const { count, unopened } = await resealSecrets(sql, createSecretBox(folder.secretKeys))
  print(`${count} secrets are sealed with the key "${folder.secretKeys[0].id}" now.`)
  if (unopened === 0) return 0
  print(
    `${unopened} secrets do not open with the keys given, and are as they were: keep the key that they were sealed with.`,
  )
  return 1
}
