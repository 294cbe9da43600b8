import { Migration } from '@mikro-orm/migrations'

/**
 * What publishing has to know of an envelope, the headers that customers add to their requests, and the operations
 * organization that each application tells of its troubles, with the types of its events.
 */
export class ProfilesMigration extends Migration {
  override up(): void {
    // DATA_SPREAD is always the last of an envelope.
    this.addSql(`alter table application add column spreads_data boolean not null generated always as
      (coalesce(delivery_profile -> 'envelope' -> -1 ->> 'source', '') = 'DATA_SPREAD') stored`)
    this.addSql(`alter table destination
      add column headers json not null default '[]',
      add column header_values text`)
    this.addSql('alter table organization add column is_operations boolean not null default false')
    this.addSql('alter table event_type add column is_notice boolean not null default false')
    this.addSql(`insert into organization (id, application_id, name, is_operations, created_at)
      select ${uuidv7}, id, 'Operations', true, now() from application`)
    this.addSql('create unique index organization_operations on organization (application_id) where is_operations')
    // A product that has such a type keeps it.
    for (const [name, description] of noticeTypes)
      this.addSql(`insert into event_type (id, application_id, name, description, "group", status, is_notice, created_at)
        select ${uuidv7}, id, '${name}', '${description}', 'Operations', 'AVAILABLE', true, now() from application
        on conflict (application_id, name) do nothing`)
  }
}

/** Postgres 18 has a function of its own. */
const uuidv7 = `(overlay(gen_random_uuid()::text placing
  regexp_replace(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0'), '^(.{8})', '\\1-') || '-7'
  from 1 for 15))::uuid`

const noticeTypes = [
  ['destination.failing', 'A destination failed so often in a row as the delivery profile says.'],
  [
    'destination.disabled',
    'Nothing is sent to a destination any more: it failed for too long, or its receiver asked for it.',
  ],
  ['destination.recovered', 'A failing destination took an event again.'],
  ['delivery.exhausted', 'A delivery was given up: its retries are used up, or trying again is no use.'],
  ['apikey.created', 'A key of the application was made.'],
]
