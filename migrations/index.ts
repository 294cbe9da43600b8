import { FirstMigration } from './migration-001-first.ts'

/** In order, and forward only: a migration that was released never changes. */
export const migrations = [{ name: '001-first', class: FirstMigration }]
