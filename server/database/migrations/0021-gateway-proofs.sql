-- 0021 gateway: the last proof that an instruction holds at a store
create table proof (
  store text not null,
  instruction text not null,
  slot integer not null,
  role text not null,
  list text not null,
  state text not null check (state in ('held', 'through', 'drifted')),
  proved_at bigint not null,
  detail jsonb not null,
  primary key (store, instruction)
);
