import type { Uuid } from '../domain/id.ts'
import { HOLDS_NEW } from '../queue/hold.ts'
import type { Sql } from '../store/sql.ts'
import { SKIP_REASON, SUBSCRIBES_TO } from './publish-sql.ts'

export interface Subscribed {
  readonly destinationId: Uuid<'dst'>
  /** Why nothing is sent there now. */
  readonly skipReason: 'INACTIVE' | 'DISABLED' | null
  readonly isHeld: boolean
}

/** Destinations of an organization: those named, or else those that subscribe to the type. */
export async function findSubscribed(
  tx: Sql,
  wanted: { organizationId: Uuid<'org'>; type: string; destinationIds: readonly Uuid<'dst'>[] | undefined },
): Promise<Subscribed[]> {
  return tx(
    `select d.id as "destinationId", ${SKIP_REASON} as "skipReason", ${HOLDS_NEW} as "isHeld"
     from destination d cross join lateral (select * from destination_health where destination_id = d.id offset 0) h
     where d.organization_id = $1 and case when $3::uuid[] is null then ${SUBSCRIBES_TO('$2')} else d.id = any($3) end
     order by d.id`,
    [wanted.organizationId, wanted.type, wanted.destinationIds ?? null],
  )
}

export interface Replays {
  readonly eventId: Uuid<'evt'>
  readonly trigger: 'EVENT' | 'REPLAY'
  /** From now; 0 when they are due. */
  readonly dueInMs: number
  readonly deliveries: readonly (Subscribed & { readonly id: Uuid<'dlv'> })[]
}

/** Deliveries of one stored event beside those of its fan-out. */
export async function insertReplays(tx: Sql, { eventId, trigger, dueInMs, deliveries }: Replays): Promise<void> {
  await tx(
    `insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, skip_reason,
       trigger, max_attempts, next_attempt_at, finished_at)
     select x.id, e.application_id, e.organization_id, e.id, x.destination_id, e.type,
       case when x.skip_reason is null then 'PENDING' else 'SKIPPED' end, x.skip_reason, $5,
       (select max_attempts from application where id = e.application_id),
       case when x.skip_reason is null then now() + $6::float8 * interval '1 ms' end,
       case when x.skip_reason is not null then now() end
     from unnest($2::uuid[], $3::uuid[], $4::text[]) as x (id, destination_id, skip_reason)
     cross join (select * from event where id = $1) e`,
    [
      eventId,
      deliveries.map((one) => one.id),
      deliveries.map((one) => one.destinationId),
      deliveries.map((one) => one.skipReason),
      trigger,
      dueInMs,
    ],
  )
}
