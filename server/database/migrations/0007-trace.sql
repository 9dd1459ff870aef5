-- 0007 trace: which datasets have fingerprints, sweeps with their coverage, findings
create table fingerprint (
  id text primary key,
  slot integer not null,
  controller text not null,
  dataset text not null references dataset (id),
  key_id text not null,
  sha256 text not null,
  records bigint not null,
  detail jsonb not null,
  state text not null check (state in ('live', 'kept', 'destroyed')),
  taken_at bigint not null,
  keep_until bigint,
  check ((state = 'kept') <= (keep_until is not null))
);

create table sweep (
  slot integer not null,
  id text not null,
  swept_at bigint not null,
  purpose text not null,
  coverage jsonb not null,
  primary key (slot, id)
);

create table finding (
  id text primary key,
  slot integer not null,
  controller text not null references controller (id),
  store text not null,
  environment text not null,
  place text not null,
  records bigint not null,
  place_rows bigint not null,
  state text not null check (state in ('open', 'resolved')),
  first_seen bigint not null,
  last_seen bigint not null,
  opened_at_entry bigint not null,
  because text,
  unique (controller, store, place)
);
