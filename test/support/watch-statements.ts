import pg from 'pg'

export interface Statement {
  /** Name of the connection: `postrider pipeline`. */
  readonly connection: string
  readonly text: string
  readonly values: readonly unknown[]
}

type Query = (this: pg.Client, ...args: unknown[]) => unknown

/** Keeps each statement that this process sends to Postgres from now on. */
export function watchStatements(): Disposable & { readonly statements: Statement[] } {
  const statements: Statement[] = []
  const own = pg.Client.prototype as unknown as { query: Query }
  const { query } = own
  own.query = function (...args) {
    const [first, second] = args as [string | { text?: string; values?: unknown[] }, unknown]
    const { text = '', values = [] } = typeof first === 'string' ? { text: first } : first
    const { application_name: connection = '' } = (
      this as unknown as { connectionParameters: { application_name?: string } }
    ).connectionParameters
    statements.push({ connection, text, values: Array.isArray(second) ? second : values })
    return query.apply(this, args)
  }
  return {
    statements,
    [Symbol.dispose]() {
      own.query = query
    },
  }
}
