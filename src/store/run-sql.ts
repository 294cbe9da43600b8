import pg from 'pg'
import type { Sql } from './sql.ts'

/** Runs statements on a pool or a connection; `nameOf` says which of them are prepared. */
export function runOn(client: pg.Pool | pg.PoolClient, nameOf: StatementNames): Sql {
  return async <Row>(text: string, values?: readonly unknown[]) => {
    // Without values a text may hold several statements, as pg-boss sends them: these cannot be prepared.
    const name = values?.length ? nameOf(text) : undefined
    // On MikroORM's connections values would come as MikroORM reads them: instants as texts.
    const query = { text, types: pg.types, ...(values && { values: values as unknown[] }), ...(name && { name }) }
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(query)
    // Several statements give a result each.
    return (Array.isArray(result) ? result.flatMap((one) => one.rows) : result.rows) as Row[]
  }
}

export type StatementNames = (text: string) => string | undefined

/** Ours are fewer. What is written anew each time would fill Postgres's memory with plans. */
const MAX_PREPARED = 200

/** A name for each text, the same on all connections, so that it is parsed and planned once on each. */
export function createStatementNames(): StatementNames {
  const names = new Map<string, string>()
  return (text) => {
    if (!names.has(text) && names.size < MAX_PREPARED) names.set(text, `postrider_${names.size}`)
    return names.get(text)
  }
}
