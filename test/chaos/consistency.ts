import { expect } from 'vitest'
import { idToUuid, parseId } from '../../src/domain/id.ts'
import type { TestDatabase } from '../support/database.ts'

/**
 * Nothing that the tables say contradicts anything else they say. One statement, so one snapshot: it has to hold at any
 * moment, in the midst of the traffic. `acknowledged`: events that were answered, which must be there.
 */
export async function assertConsistent(database: TestDatabase, acknowledged: Iterable<string> = []): Promise<void> {
  const uuids = Array.from(acknowledged, (id) => idToUuid(parseId('evt', id)!))
  expect(await database.query(contradictions, [uuids])).toEqual([])
}

/** Every contradiction is a row (kind, id). */
const contradictions = `
  with job as materialized (
    select id, state::text from pgboss.job where name = 'delivery'
  ), waiting as materialized (
    select delivery_id, state from waiting_delivery
  ), attempts as materialized (
    select delivery_id, count(*) as count, min(number) as lowest, max(number) as highest,
      count(distinct number) as numbers, count(*) filter (where outcome = 'SUCCESS') as successes,
      (array_agg(outcome order by number desc))[1] as last_outcome,
      (array_agg(retry_at order by number desc))[1] as last_retry_at
    from delivery_attempt group by delivery_id
  ), state as materialized (
    select d.*, j.id is not null as has_job, coalesce(j.state in ('created', 'retry', 'active'), false) as has_live_job,
      w.state as waits, coalesce(a.count, 0) as attempts, a.lowest, a.highest, a.numbers, coalesce(a.successes, 0) as successes,
      a.last_outcome, a.last_retry_at
    from delivery d
    left join job j on j.id = d.id
    left join waiting w on w.delivery_id = d.id
    left join attempts a on a.delivery_id = d.id
  ), wanted as materialized (
    select e.id as event_id, t.id as destination_id
    from event e
    join destination t on t.organization_id = e.organization_id
      and (cardinality(t.event_types) = 0 or e.type = any(t.event_types))
  ), made as materialized (
    select event_id, destination_id, count(*) as count from delivery where trigger = 'EVENT' group by 1, 2
  )
  select 'pending, but neither has a job nor waits' as kind, id from state
    where status = 'PENDING' and not has_live_job and waits is null
  union all select 'has a job, but is not pending', id from state where status <> 'PENDING' and has_job
  union all select 'waits, but is not pending', id from state where status <> 'PENDING' and waits is not null
  union all select 'waits, and has a job as well', id from state where waits in ('SCHEDULED', 'HELD') and has_job
  union all select 'released, but has no job', id from state where waits = 'RELEASED' and not has_live_job
  union all select 'job without a delivery', id from job where not exists (select from delivery d where d.id = job.id)
  union all select 'waiting row without a delivery', delivery_id from waiting
    where not exists (select from delivery d where d.id = waiting.delivery_id)
  union all select 'attempts without a delivery', delivery_id from attempts
    where not exists (select from delivery d where d.id = attempts.delivery_id)
  union all select 'attempt_count is not the number of attempts', id from state where attempt_count <> attempts
  union all select 'attempts are not numbered 1 to n', id from state
    where attempts > 0 and (lowest <> 1 or highest <> attempts or numbers <> attempts)
  union all select 'more attempts than max_attempts', id from state where attempts > max_attempts
  union all select 'succeeded without exactly one success, the last attempt', id from state
    where status = 'SUCCEEDED' and (successes <> 1 or last_outcome <> 'SUCCESS')
  union all select 'a success, but not succeeded', id from state where status <> 'SUCCEEDED' and successes > 0
  union all select 'failed, but the last attempt is to be followed', id from state
    where status = 'FAILED' and last_retry_at is not null
  union all select 'pending, but the last attempt is not to be followed', id from state
    where status = 'PENDING' and attempts > 0 and last_retry_at is null
  union all select 'finished_at contradicts the status', id from state
    where (finished_at is null) <> (status = 'PENDING')
  union all select 'acknowledged, but not there', id from unnest($1::uuid[]) as acknowledged (id)
    where not exists (select from event e where e.id = acknowledged.id)
  union all select 'two events of one idempotency key', min(id::text)::uuid from event
    where idempotency_key is not null group by organization_id, idempotency_key having count(*) > 1
  union all select 'event without its one delivery to a destination', event_id
    from wanted left join made using (event_id, destination_id) where coalesce(count, 0) <> 1
  union all select 'delivery to a destination that did not ask for it', event_id
    from made left join wanted using (event_id, destination_id) where wanted.event_id is null`
