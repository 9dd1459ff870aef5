-- 0006 gateway: sessions, what they were leased, how they ended
create table session (
  id text primary key,
  slot integer not null,
  gateway text not null,
  person text not null,
  instruction text not null,
  store text not null,
  purpose text not null,
  opened_at bigint not null,
  leased_rows bigint not null default 0,
  leased_bytes bigint not null default 0,
  closed_at bigint,
  because text,
  counts jsonb,
  check ((closed_at is null) = (because is null))
);
create index session_open on session (gateway) where closed_at is null;
