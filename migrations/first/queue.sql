-- Which delivery may run now. pg-boss's table holds the jobs that can run; deliveries that cannot wait in rows of their own, so
-- that the queue stays short.

-- Apart from destination, because it is written with the traffic and destination is read with it.
create table destination_health (
  destination_id uuid primary key references destination on delete cascade deferrable initially deferred,
  health text not null default 'HEALTHY',
  disabled_reason text,
  disabled_at timestamptz(3),
  consecutive_failures int not null default 0,
  failing_since timestamptz(3),
  last_success_at timestamptz(3),
  -- Until then its filter and transform are not evaluated: they took too much CPU time.
  expressions_wait_until timestamptz(3),
  -- Circuit: closed while probe_at is null, otherwise open until that probe.
  circuit_failures int not null default 0,
  probe_at timestamptz(3),
  probe_delay_s int,
  probe_delivery_id uuid,
  -- Null while no delivery is held; otherwise when held ones may next be released.
  release_at timestamptz(3),
  -- The token bucket's.
  next_send_at timestamptz,
  -- The last number given out in the line of a FIFO destination.
  last_line_no bigint not null default 0
) with (fillfactor = 70);
create index destination_health_release on destination_health (release_at) where release_at is not null;

-- state: SCHEDULED waits for due_at, HELD for its destination; RELEASED is the head of a FIFO line, which is in the queue.
-- lane: FIFO has a number in the line of its destination. Without order, RECOVERED deliveries go after LIVE ones: the index
-- relies on the order of these words.
create table waiting_delivery (
  delivery_id uuid primary key,
  destination_id uuid not null,
  state text not null check (state in ('SCHEDULED', 'HELD', 'RELEASED')),
  due_at timestamptz(3) not null,
  lane text collate "C" not null default 'LIVE' check (lane in ('LIVE', 'RECOVERED', 'FIFO')),
  line_no bigint,
  check ((lane = 'FIFO') = (line_no is not null))
);
create index waiting_delivery_scheduled on waiting_delivery (due_at) where state = 'SCHEDULED';
create index waiting_delivery_held on waiting_delivery (destination_id, lane, line_no, due_at, delivery_id)
  where state = 'HELD';
create unique index waiting_delivery_line on waiting_delivery (destination_id, line_no) where lane = 'FIFO';

create table recovery_job (
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
);
create index recovery_job_open on recovery_job (id) where status in ('QUEUED', 'RUNNING');
