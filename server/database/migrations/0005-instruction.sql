-- 0005 instruction: what a controller told the processor to do, and who may act on it
create table instruction (
  id text primary key,
  slot integer not null,
  contract text not null references contract (id),
  controller text not null references controller (id),
  scope jsonb not null,
  state text not null check (state in ('proposed', 'accepted', 'superseded', 'withdrawn')),
  proposed_at bigint not null,
  accepted_at bigint,
  accepted_by text,
  ended_at bigint,
  superseded_by text,
  check ((accepted_at is null) = (accepted_by is null)),
  check ((state in ('accepted', 'superseded')) <= (accepted_at is not null))
);

create table access_grant (
  id text primary key,
  slot integer not null,
  person text not null references person (id),
  instruction text not null references instruction (id),
  until bigint not null,
  state text not null check (state in ('proposed', 'approved', 'revoked')),
  proposed_at bigint not null,
  proposed_by text,
  approved_at bigint,
  approved_by text,
  revoked_at bigint,
  check ((state = 'proposed') <= (approved_at is null)),
  check ((approved_at is null) = (approved_by is null))
);
