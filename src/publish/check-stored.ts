import type { Problem } from '../domain/refused.ts'
import type { Sql } from '../store/sql.ts'
import type { Catalogue, TypedData } from './catalogue.ts'
import { limitProblems } from './publish-request.ts'

/** A stored event, with its data as readJson has it. */
export interface StoredEvent extends TypedData {
  readonly dataBytes: number
  readonly deliverAt: Date | undefined
}

/**
 * Checks events that were stored before they were checked, as eventPublish checks its requests. Paths start at the event.
 * Undefined: `catalogue.checkLong` is to look at it first.
 */
export async function checkStored(
  sql: Sql,
  catalogue: Catalogue,
  events: readonly StoredEvent[],
): Promise<(readonly Problem[] | undefined)[]> {
  const limits = events.map((event) => (event.data === undefined ? [notJson] : limitProblems(event)))
  const within = events.filter((_, i) => limits[i]!.length === 0)
  const checked = await catalogue.checkData(sql, within)
  const found = new Map(within.map((event, i) => [event, checked[i]]))
  return events.map((event, i) => (found.has(event) ? found.get(event) : limits[i]))
}

/** The JSON of stored data; undefined where Postgres takes for JSON what we do not. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const notJson: Problem = { code: 'INVALID', message: 'is not JSON', path: ['data'] }
