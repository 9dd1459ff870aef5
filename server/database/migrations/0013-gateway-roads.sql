-- 0013 gateway: roads to client data beside the gateway, as they were last seen
create table road (
  id text primary key,
  slot integer not null,
  store text not null,
  kind text not null,
  name text not null,
  says text not null,
  fix text,
  state text not null check (state in ('open', 'declared', 'closed')),
  since bigint not null,
  because text,
  check (state <> 'declared' or because is not null)
);
create index road_store on road (store, state);
