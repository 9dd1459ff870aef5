-- 0047 exception: what Union or Member State law obliges to keep beyond the end of a contract (Art. 28(3)(g))
create table erasure_exception (
  id text primary key,
  slot integer not null,
  erasure text not null references erasure (id),
  dataset text not null references dataset (id),
  store text not null,
  place text not null,
  kept_rows text, -- which rows of the table; null for all of them
  jurisdiction text not null,
  statute text not null,
  expires_at bigint not null,
  recorded_by text not null,
  recorded_at bigint not null,
  ended_at bigint,
  check (expires_at > recorded_at)
);
