import { FirstMigration } from './migration-001-first.ts'
import { FlowMigration } from './migration-002-flow.ts'
import { GrowthMigration } from './migration-003-growth.ts'
import { RetentionMigration } from './migration-004-retention.ts'
import { ProfilesMigration } from './migration-005-profiles.ts'
import { ExpressionsMigration } from './migration-006-expressions.ts'
import { AuditMigration } from './migration-007-audit.ts'
import { PayloadCheckMigration } from './migration-008-payload-check.ts'
import { OutboxMigration } from './migration-009-outbox.ts'
import { ConnectorsMigration } from './migration-010-connectors.ts'

/** Forward only, in order; a name that was released never changes. */
export const migrations = [
  { name: '001-first', class: FirstMigration },
  { name: '002-flow', class: FlowMigration },
  { name: '003-growth', class: GrowthMigration },
  { name: '004-retention', class: RetentionMigration },
  { name: '005-profiles', class: ProfilesMigration },
  { name: '006-expressions', class: ExpressionsMigration },
  { name: '007-audit', class: AuditMigration },
  { name: '008-payload-check', class: PayloadCheckMigration },
  { name: '009-outbox', class: OutboxMigration },
  { name: '010-connectors', class: ConnectorsMigration },
]
