import { idToUuid } from '../../src/domain/id.ts'
import type { TestDatabase } from './database.ts'

export interface SeededAttempts {
  readonly applicationId: string
  readonly organizationId: string
  readonly destinationId: string
  readonly attempts: readonly {
    readonly startedAt: string
    readonly durationMs?: number
    readonly eventType?: string
    readonly outcome?: 'SUCCESS' | 'RETRYABLE_FAILURE' | 'PERMANENT_FAILURE'
  }[]
}

/** Attempts as settlement writes them, of times and durations that no test could wait for. */
export async function seedAttempts(database: Pick<TestDatabase, 'query'>, seed: SeededAttempts): Promise<void> {
  const [application, organization, destination] = [seed.applicationId, seed.organizationId, seed.destinationId].map(
    (id) => idToUuid(id as never),
  )
  await database.query(
    `insert into delivery_attempt (id, application_id, organization_id, delivery_id, destination_id, event_id, event_type,
       number, started_at, duration_ms, outcome, profile_version, feed_epoch)
     select uuidv7(), $1, $2, uuidv7(), $3, uuidv7(), coalesce(x."eventType", 'a'), 1, x."startedAt", coalesce(x."durationMs", 10),
       coalesce(x.outcome, 'SUCCESS'), 1, (select epoch from feed_epoch)
     from json_to_recordset($4::json) as x ("startedAt" timestamptz, "durationMs" int, "eventType" text, outcome text)`,
    [application, organization, destination, JSON.stringify(seed.attempts)],
  )
  // As settlement notifies: counting need not wait for its next poll.
  await database.query("select pg_notify('postrider', 'seed attempt')")
}
