-- 0130 assessment: what the law of a day made of facts, by which rule, and where each fact is known from
create table assessment (
  id text primary key,
  slot integer not null,
  controller text,
  activity text,
  question text not null,
  law_at bigint not null,
  rule text not null,
  article text not null,
  verdict text not null check (verdict in ('yes', 'no', 'range', 'not in force')),
  outcome text not null,
  facts jsonb not null,
  reasons jsonb not null,
  unconfirmed jsonb not null,
  pending jsonb not null,
  amounts jsonb,
  note text,
  made_by text,
  replaces text,
  recorded_at bigint not null
);
