-- 0049 transfer: governed copies of a controller's data, and what put a derived dataset where it is
alter table derived_dataset add column by text not null default 'session' check (by in ('session', 'transfer'));

create table transfer (
  id text primary key,
  slot integer not null,
  controller text not null,
  contract text not null,
  instruction text not null,
  dataset text not null,
  person text not null,
  purpose text not null,
  source text not null,
  store text not null,
  places jsonb not null,
  transforms jsonb not null,
  sample double precision not null,
  state text not null check (state in ('begun', 'made', 'erased')),
  begun_at bigint not null,
  made_at bigint,
  expires_at bigint,
  erased_at bigint,
  tables jsonb
);
create index transfer_due on transfer (expires_at) where state <> 'erased';
