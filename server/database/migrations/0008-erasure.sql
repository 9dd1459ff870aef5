-- 0008 erasure: exit cases, their steps, certificates
create table erasure (
  id text primary key,
  slot integer not null,
  controller text not null references controller (id),
  contract text not null references contract (id),
  cause text not null,
  state text not null check (state in ('opened', 'planned', 'erasing', 'searched_again', 'confirmed', 'certified', 'reopened')),
  opened_at bigint not null,
  deadline bigint not null,
  operator text,
  plan jsonb,
  again jsonb,
  confirmed_by text,
  check ((state in ('confirmed', 'certified')) <= (confirmed_by is not null))
);

create table erasure_step (
  erasure text not null references erasure (id),
  round integer not null,
  number integer not null,
  store text not null,
  place text not null,
  method text not null,
  state text not null check (state in ('begun', 'done', 'blocked')),
  begun_at bigint,
  done_at bigint,
  rows_found bigint not null,
  records bigint not null,
  rows_erased bigint,
  detail jsonb not null,
  primary key (erasure, round, number),
  check ((state = 'done') = (rows_erased is not null))
);

create table certificate (
  id text primary key,
  slot integer not null,
  erasure text not null references erasure (id),
  status text not null check (status in ('complete', 'complete_with_exceptions', 'pending_backup_expiry', 'partial', 'invalidated')),
  issued_at bigint not null,
  issued_entry bigint not null,
  envelope bytea not null,
  invalidated_at bigint,
  invalidated_because text,
  check ((status = 'invalidated') = (invalidated_at is not null))
);
