-- 0041 job: processes that work, what each is doing and how far it is; environments in which a round of an erasure has erased; erasures that are held back
create table worker (
  name text primary key,
  environments text[],
  began_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  queue text,
  job uuid,
  attempt integer,
  subject text,
  job_since timestamptz,
  work text,
  store text,
  done integer,
  total integer,
  share double precision,
  work_since timestamptz,
  check ((queue is null) = (job is null) and (job is null) = (attempt is null))
);

create table erasure_environment (
  erasure text not null references erasure (id),
  round integer not null,
  environment text not null,
  erased_at bigint not null,
  looked boolean not null,
  not_seen jsonb not null,
  primary key (erasure, round, environment)
);

alter table erasure add column paused_by text, add column paused_at bigint, add check ((paused_by is null) = (paused_at is null));
