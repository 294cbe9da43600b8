import { Migration } from '@mikro-orm/migrations'

/** What cannot run now waits in rows of its own, so that the job queue holds only what can. */
export class FlowMigration extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}

/** Headers were objects with three names each, which was most of what an attempt took up. */
const shortHeaders = (column: string) => `(select coalesce(json_agg(case when (h ->> 'redacted')::boolean
    then json_build_array(h -> 'name', h -> 'value', true) else json_build_array(h -> 'name', h -> 'value') end), '[]')
  from json_array_elements(${column} -> 'headers') as h)`

const statements = [
  `update delivery_attempt set request = json_build_object('method', request -> 'method', 'url', request -> 'url',
    'headers', ${shortHeaders('request')}) where request is not null`,
  `update delivery_attempt set response = json_build_object('statusCode', response -> 'statusCode',
    'headers', ${shortHeaders('response')}, 'body', response -> 'body', 'sizeBytes', response -> 'sizeBytes',
    'truncated', response -> 'truncated') where response is not null`,
  `alter table destination
    add column ordering text not null default 'ANY' check (ordering in ('ANY', 'FIFO')),
    add column rate_limit int check (rate_limit > 0)`,
  'alter table event add column deliver_at timestamptz(3)',
  // Circuit: closed while probe_at is null; open until the next probe otherwise. Gate: null while nothing is held back;
  // otherwise the time from which the next of what waits may be let through. next_send_at is the token bucket's.
  `alter table destination_health
    add column circuit_failures int not null default 0,
    add column probe_at timestamptz(3),
    add column probe_delay_s int,
    add column probe_delivery_id uuid,
    add column gate_opens_at timestamptz(3),
    add column next_send_at timestamptz,
    add column last_position bigint not null default 1`,
  'create index destination_health_gate on destination_health (gate_opens_at) where gate_opens_at is not null',
  // TIMED: waits for due_at. GATED: waits for its destination. RELEASED: the head of a FIFO destination, in the queue.
  // position: the place in the line of a FIFO destination, from 2; without order, 0 for live traffic and 1 for what was
  // recovered, which stands behind it.
  `create table waiting_delivery (
    delivery_id uuid primary key,
    destination_id uuid not null,
    state text not null check (state in ('TIMED', 'GATED', 'RELEASED')),
    due_at timestamptz(3) not null,
    position bigint not null default 0
  )`,
  "create index waiting_delivery_timed on waiting_delivery (due_at) where state = 'TIMED'",
  `create index waiting_delivery_gated on waiting_delivery (destination_id, position, due_at, delivery_id)
    where state = 'GATED'`,
  'create unique index waiting_delivery_line on waiting_delivery (destination_id, position) where position > 1',
  `create table recovery_job (
    id uuid primary key,
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    destination_id uuid not null,
    status text not null check (status in ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
    statuses text[] not null,
    from_id uuid not null,
    to_id uuid not null,
    cursor_id uuid not null,
    matched int not null default 0,
    enqueued int not null default 0,
    error text,
    created_at timestamptz(3) not null,
    finished_at timestamptz(3)
  )`,
  "create index recovery_job_open on recovery_job (id) where status in ('QUEUED', 'RUNNING')",
]
