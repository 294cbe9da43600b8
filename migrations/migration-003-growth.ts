import { Migration } from '@mikro-orm/migrations'

/**
 * What keeps charts and lists fast as attempts grow: counts and durations by minute, hour and day, so that a chart does not
 * read the attempts themselves; and the few deliveries that went wrong, found without reading those that went well.
 */
export class GrowthMigration extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}

const statements = [
  // A row for the application, one for the organization and one for the destination: each chart reads only its own. Bins
  // and counts stand side by side, as domain/duration-histogram.ts has them.
  `create table attempt_stats (
    scope_id uuid not null,
    bucket text not null check (bucket in ('MINUTE', 'HOUR', 'DAY')),
    start timestamptz not null,
    attempts int not null,
    succeeded int not null,
    bins smallint[] not null,
    counts int[] not null,
    primary key (scope_id, bucket, start)
  ) with (fillfactor = 70)`,
  'create index attempt_stats_start on attempt_stats (bucket, start)',
  // One row: attempts up to here, in the order of the feed, are counted.
  `create table attempt_stats_position (
    only_row boolean primary key default true check (only_row),
    feed_epoch bigint not null,
    feed_xid xid8 not null,
    attempt_id uuid not null
  )`,
  `insert into attempt_stats_position (feed_epoch, feed_xid, attempt_id)
    values (0, '0', '00000000-0000-0000-0000-000000000000')`,
  // Null while a delivery is pending and when it succeeded, so that the usual update changes no indexed column and stays
  // a heap-only one: an index on status itself would make it write all indexes again.
  `alter table delivery add column exception text generated always as (
    case when status in ('FAILED', 'CANCELLED', 'SKIPPED') then status end) stored`,
  'create index delivery_exception_application on delivery (application_id, exception, id) where exception is not null',
  'create index delivery_exception_organization on delivery (organization_id, exception, id) where exception is not null',
  'create index delivery_exception_destination on delivery (destination_id, exception, id) where exception is not null',
]
