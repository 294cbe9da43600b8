import { FirstMigration } from './migration-001-first.ts'
import { AttemptStatsMigration } from './migration-003-attempt-stats.ts'

/** Forward only, in order; a name that was released never changes. */
export const migrations = [
  { name: '001-first', class: FirstMigration },
  { name: '003-attempt-stats', class: AttemptStatsMigration },
]
