import { FirstMigration } from './migration-001-first.ts'
import { GrowthMigration } from './migration-003-growth.ts'

/** Forward only, in order; a name that was released never changes. */
export const migrations = [
  { name: '001-first', class: FirstMigration },
  { name: '003-growth', class: GrowthMigration },
]
