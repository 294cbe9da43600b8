import type { Problem } from '../domain/refused.ts'
import type { Sql } from '../store/sql.ts'
import type { Catalogue } from './catalogue.ts'
import { limitProblems } from './publish-request.ts'
import type { NewEvent } from './publish-sql.ts'

/** A stored event, with its data as readJson has it. */
export interface StoredEvent {
  readonly event: Pick<NewEvent, 'applicationId' | 'type' | 'dataBytes' | 'deliverAt'>
  readonly data: unknown
}

/** Checks events that were stored before they were checked, as eventPublish checks its requests. Paths start at the event. */
export async function checkStored(
  sql: Sql,
  catalogue: Catalogue,
  events: readonly StoredEvent[],
): Promise<Problem[][]> {
  const limits = events.map(({ event, data }) => (data === undefined ? [notJson] : limitProblems(event)))
  const within = events.filter((_, i) => limits[i]!.length === 0)
  const checked = await catalogue.checkData(
    sql,
    within.map(({ event, data }) => ({ applicationUuid: event.applicationId, type: event.type, data })),
  )
  const broken = new Map(within.map((event, i) => [event, checked[i]!]))
  return events.map((event, i) => broken.get(event) ?? limits[i]!)
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
