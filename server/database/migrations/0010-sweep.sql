-- 0010 sweep: units of a sweep that runs, what each place held when it was read last, and the evidence of findings
create table sweep_run (
  id text primary key,
  purpose text not null,
  stores text[],
  fingerprints text not null,
  state text not null check (state in ('running', 'completed', 'abandoned')),
  coordinator text not null,
  leased_until timestamptz not null,
  began_at timestamptz not null default now(),
  ended_at bigint,
  carried integer,
  check ((state = 'completed') <= (ended_at is not null and carried is not null))
);

create table sweep_unit (
  sweep text not null references sweep_run (id) on delete cascade,
  number integer not null,
  store text not null,
  place text not null,
  unit text not null,
  bytes bigint,
  signal text,
  state text not null check (state in ('planned', 'leased', 'done', 'unread')),
  attempts integer not null default 0,
  worker text,
  leased_until timestamptz,
  read_at bigint,
  file text,
  sha256 text,
  because text,
  primary key (sweep, number),
  unique (sweep, store, place, unit),
  check ((state = 'leased') <= (worker is not null and leased_until is not null)),
  check ((state = 'done') <= (file is not null and sha256 is not null and read_at is not null)),
  check ((state = 'unread') <= (because is not null))
);
create index sweep_unit_open on sweep_unit (sweep, number) where state in ('planned', 'leased');

-- What a place held, for a sweep that reads only what has changed since.
create table sweep_place (
  store text not null,
  place text not null,
  signal text not null,
  fingerprints text not null,
  read_at bigint not null,
  result jsonb not null,
  primary key (store, place)
);

alter table finding add column detail jsonb not null default '{}';
