-- 0040 physical: what the check of the files below a store came to, in each round of an erasure
create table erasure_physical (
  erasure text not null references erasure (id),
  round integer not null,
  store text not null,
  begun_at bigint not null,
  done_at bigint,
  outcome jsonb,
  primary key (erasure, round, store),
  check ((done_at is null) = (outcome is null))
);
