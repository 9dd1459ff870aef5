-- 0051 sub-processors: what each was asked for at the end of a contract, and what it answered
create table erasure_sub_processor (
  erasure text not null references erasure (id),
  name text not null,
  asked_at bigint not null,
  outcome text check (outcome in ('certificate', 'statement', 'none')),
  sha256 text,
  says text,
  recorded_by text,
  recorded_at bigint,
  primary key (erasure, name),
  check ((outcome is null) = (recorded_at is null)),
  check ((outcome in ('certificate', 'statement')) = (sha256 is not null) or outcome is null)
);
