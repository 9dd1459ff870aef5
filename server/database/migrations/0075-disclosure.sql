-- 0075 disclosure: what went to sub-processors, and what each said that it received
create table disclosure (
  id text primary key,
  slot integer not null,
  controller text not null,
  contract text not null,
  instruction text not null,
  person text not null,
  purpose text not null,
  recipient text not null,
  country text not null,
  tool text,
  source text not null,
  columns jsonb not null,
  rows bigint not null,
  bytes bigint not null,
  sha256 text not null,
  plain_sha256 text not null,
  sealed_to text,
  host text not null,
  state text not null check (state in ('begun', 'made')),
  begun_at bigint not null,
  made_at bigint
);

create table transfer_receipt (
  of text not null,
  number integer not null,
  slot integer not null,
  sha256 text not null,
  says text not null,
  recorded_by text not null,
  recorded_at bigint not null,
  primary key (of, number)
);
