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
  -- Circuit: closed while probe_at is null, otherwise open until that probe.
  circuit_failures int not null default 0,
  probe_at timestamptz(3),
  probe_delay_s int,
  probe_delivery_id uuid,
  -- Null while nothing is held back; otherwise when the next delivery may be released.
  gate_opens_at timestamptz(3),
  -- The token bucket's.
  next_send_at timestamptz,
  last_position bigint not null default 1
) with (fillfactor = 70);
create index destination_health_gate on destination_health (gate_opens_at) where gate_opens_at is not null;

-- state: TIMED waits for due_at, GATED for its destination; RELEASED is the head of a FIFO destination, in the queue.
-- position: the place in the line of a FIFO destination, from 2; without order, 0 for live traffic and 1 for recovered
-- deliveries, which come after it.
create table waiting_delivery (
  delivery_id uuid primary key,
  destination_id uuid not null,
  state text not null check (state in ('TIMED', 'GATED', 'RELEASED')),
  due_at timestamptz(3) not null,
  position bigint not null default 0
);
create index waiting_delivery_timed on waiting_delivery (due_at) where state = 'TIMED';
create index waiting_delivery_gated on waiting_delivery (destination_id, position, due_at, delivery_id)
  where state = 'GATED';
create unique index waiting_delivery_line on waiting_delivery (destination_id, position) where position > 1;

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
