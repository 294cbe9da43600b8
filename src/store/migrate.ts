import { MikroORM } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { PostgreSqlDriver } from '@mikro-orm/postgresql'
import pg from 'pg'
import { migrations } from '../../migrations/index.ts'
import { locks } from './locks.ts'

/** Does work that changes tables, alone: processes that start together wait for the first one. */
export async function whileMigrating<T>(databaseUrl: string, work: () => Promise<T>): Promise<T> {
  const lock = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  // A connection that dies meanwhile fails the commit; unheard, its error would end the process.
  lock.on('error', () => undefined)
  await lock.connect()
  try {
    // Of a transaction, not of the session: a pooler may keep the session, and with it the lock, when we have left.
    await lock.query('begin; set local idle_in_transaction_session_timeout = 0')
    await lock.query('select pg_advisory_xact_lock($1)', [locks.migration])
    const done = await work()
    await lock.query('commit')
    return done
  } finally {
    await lock.end()
  }
}

/** Brings our tables up to date. Returns the names of the migrations that it took. */
export async function migrate(databaseUrl: string): Promise<string[]> {
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
    return (await orm.migrator.up()).map((migration) => migration.name)
  } finally {
    await orm.close(true)
  }
}
