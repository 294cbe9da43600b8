import { MikroORM } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { PostgreSqlDriver } from '@mikro-orm/postgresql'
import pg from 'pg'
import { migrations } from '../../migrations/index.ts'

/** Any number that other users of the database are unlikely to lock. */
const MIGRATION_LOCK = 7_065_737_472

const MIN_POSTGRES_VERSION = 150_000

/** Brings the database up to date. Processes that start together wait for the first one. */
export async function migrate(databaseUrl: string): Promise<void> {
  const lock = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  await lock.connect()
  try {
    await refuseOldPostgres(lock)
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    const orm = await MikroORM.init({
      driver: PostgreSqlDriver,
      clientUrl: databaseUrl,
      entities: [],
      discovery: { warnWhenNoEntities: false },
      extensions: [Migrator],
      migrations: { migrationsList: migrations, tableName: 'postrider_migration', silent: true, snapshot: false },
      logger: () => undefined,
    })
    try {
      await orm.migrator.up()
    } finally {
      await orm.close(true)
    }
  } finally {
    await lock.end()
  }
}

async function refuseOldPostgres(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as version",
  )
  if (Number(rows[0]!.number) < MIN_POSTGRES_VERSION) {
    throw new Error(`DATABASE_URL points to Postgres ${rows[0]!.version}; Postrider needs 15 or newer`)
  }
}
