-- 0003 contract: the processor, its controllers, what binds them
create table processor (
  only_one boolean primary key default true check (only_one),
  detail jsonb not null
);

create table controller (
  id text primary key,
  slot integer not null unique,
  detail jsonb not null,
  declared_at bigint not null
);

create table contract (
  id text primary key,
  slot integer not null,
  controller text not null references controller (id),
  starts bigint not null,
  ends bigint,
  ended_at bigint,
  ended_because text,
  detail jsonb not null,
  check ((ended_at is null) = (ended_because is null))
);
