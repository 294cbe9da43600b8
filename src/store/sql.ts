/** Runs one statement, on the pool or inside a transaction. */
export type Sql = <Row = Record<string, unknown>>(text: string, values?: readonly unknown[]) => Promise<Row[]>

/** SQLSTATE of a failed statement; undefined when the failure was not the statement's (connection, shutdown). */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** True for a broken UNIQUE; which one is in `constraint`. */
export function isUniqueViolation(error: unknown): error is Error & { constraint?: string } {
  return sqlState(error) === '23505'
}

/**
 * True when Postgres is away, refuses, cannot write, took too long, or gave way to another: the same call may succeed later.
 */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error)
  // 08P01 is not an outage: that is how Postgres answers a text that it cannot take in.
  if (state) return state !== '08P01' && /^(08|53|57014|57P|25006|25P03|40001|40P01|55P03|58)/.test(state)
  const message = error instanceof Error ? error.message : ''
  return /ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|ETIMEDOUT|Connection terminated|timeout expired|Query read timeout|not queryable|timeout exceeded when trying to connect|pool after calling end/.test(
    `${(error as { code?: string } | null)?.code ?? ''} ${message}`,
  )
}
