-- 0004 inventory: environments, stores, datasets
create table environment (
  id text primary key,
  class text not null check (class in ('production', 'non-production')),
  detail jsonb not null
);

create table store (
  id text primary key,
  environment text not null references environment (id),
  kind text not null,
  detail jsonb not null
);

create table dataset (
  id text primary key,
  slot integer not null,
  controller text not null references controller (id),
  store text not null references store (id),
  tables jsonb not null,
  checked_at bigint
);
