-- 0074 activity: processing that made, or was to make, derived data, when it is due, and models that were trained
alter table derived_dataset drop constraint derived_dataset_by_check, add constraint derived_dataset_by_check check (by in ('session', 'transfer', 'activity'));

create table activity_schedule (
  id text primary key,
  slot integer not null,
  controller text not null,
  contract text not null,
  instruction text not null,
  store text not null,
  person text not null,
  purpose text not null,
  name text not null,
  sha256 text not null,
  cron text not null,
  zone text not null,
  keep integer,
  scheduled_at bigint not null,
  settled_until bigint not null,
  missed bigint not null,
  ended_at bigint,
  because text
);

create table activity (
  id text primary key,
  kind text not null check (kind in ('statement', 'model')),
  slot integer not null,
  controller text not null,
  contract text not null,
  instruction text not null,
  store text not null,
  person text not null,
  purpose text not null,
  name text not null,
  sha256 text not null,
  schedule text,
  due_at bigint,
  state text not null check (state in ('refused', 'begun', 'made', 'failed', 'stopped')),
  begun_at bigint not null,
  ended_at bigint,
  because text,
  made jsonb,
  unique (schedule, due_at),
  check ((schedule is null) = (due_at is null))
);
create index activity_begun on activity (begun_at) where state = 'begun';
