-- 0022 gateway-statements: what sessions ran, by shape, and what is unusual
create table statement (
  number bigint generated always as identity primary key,
  session text not null references session (id),
  fingerprint text not null,
  shape text,
  tables text[] not null,
  first_at bigint not null,
  times bigint not null,
  failed bigint not null,
  rows bigint not null,
  bytes bigint not null,
  milliseconds bigint not null,
  milliseconds_max bigint not null
);
create index statement_of_session on statement (session);

create table anomaly (
  slot integer not null,
  session text not null references session (id),
  person text not null,
  instruction text not null,
  kind text not null check (kind in ('volume', 'hour')),
  says text not null,
  at bigint not null,
  primary key (session, kind)
);
create index session_habits on session (person, instruction, opened_at);
