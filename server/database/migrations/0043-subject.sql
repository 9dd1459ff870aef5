-- 0043 subject: requests of one person, on a controller's instruction, and what they came to; what was erased, to be erased again when a backup brings it back
create table subject_request (
  id text not null,
  slot integer not null,
  controller text not null references controller (id),
  kind text not null check (kind in ('access', 'erasure')),
  instruction text not null,
  operator text not null,
  opened_at bigint not null,
  closed_at bigint,
  outcome jsonb,
  primary key (controller, id),
  check ((closed_at is null) = (outcome is null))
);

create table subject_step (
  controller text not null,
  request text not null,
  store text not null,
  place text not null,
  state text not null check (state in ('begun', 'done', 'blocked')),
  rows_found bigint not null,
  rows_erased bigint,
  because text,
  primary key (controller, request, store, place),
  foreign key (controller, request) references subject_request (controller, id),
  check ((state = 'done') = (rows_erased is not null))
);
