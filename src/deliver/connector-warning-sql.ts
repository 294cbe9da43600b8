import type { Sql } from '../store/sql.ts'

const connectorWarningKinds = ['SLOW'] as const

export interface ConnectorWarning {
  readonly connector: string
  readonly version: string
  readonly kind: (typeof connectorWarningKinds)[number]
  readonly message: string
}

/** Of each kind the newest is kept. */
export async function writeConnectorWarning(sql: Sql, warning: ConnectorWarning): Promise<void> {
  const { connector, version, kind, message } = warning
  await sql(
    `insert into connector_warning (connector, version, kind, message) values ($1, $2, $3, $4)
     on conflict (connector, version, kind) do update set message = excluded.message, warned_at = now()`,
    [connector, version, kind, message],
  )
}

export interface FoundWarning extends ConnectorWarning {
  readonly warnedAt: Date
}

/** Those of the last week. */
export async function findConnectorWarnings(sql: Sql): Promise<FoundWarning[]> {
  return sql(
    `select connector, version, kind, message, warned_at as "warnedAt" from connector_warning
     where warned_at > now() - interval '7 days' order by connector, kind`,
  )
}
