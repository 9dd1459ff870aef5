-- 0029 derived: datasets that sessions derived under an instruction, and keep in a schema of its own
create table derived_dataset (
  id text primary key,
  slot integer not null,
  controller text not null,
  contract text not null,
  instruction text not null,
  store text not null,
  place text not null,
  columns jsonb not null,
  derived_from jsonb not null,
  person text,
  session text,
  derived_at bigint not null,
  dropped_at bigint,
  unique (store, place)
);
