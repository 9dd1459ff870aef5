-- 0030 witnesses: who cosigns the root log, what they cosigned, and who may follow a log that is published
create table witness_policy (
  only_one boolean primary key default true check (only_one),
  detail jsonb not null,
  declared_at bigint not null
);

-- Each line was verified before it came here; whoever exports verifies it again.
create table cosignature (
  size bigint not null check (size > 0),
  vkey text not null,
  line text not null,
  time bigint not null,
  primary key (size, vkey)
);

create trigger cosignature_is_append_only before update or delete or truncate on cosignature for each statement execute function refuse_change();

-- What became of asking: for people, and so that nobody asks a dead witness all the time.
create table witness_contact (
  vkey text primary key,
  size bigint,
  cosigned_at bigint,
  tried_at bigint not null,
  failures integer not null,
  because text
);

-- `hash` is SHA-256 of a token that was shown once.
create table reader_token (
  id text primary key,
  slot integer not null references log (slot),
  hash bytea not null unique check (octet_length(hash) = 32),
  issued_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);

-- Roots of subtrees of 256^level entries of a log (-1: the root log), level 1 and up: a cache, so that upper tiles are not hashed for every reader.
create table subtree (
  slot integer not null check (slot >= -1),
  level integer not null check (level > 0),
  idx bigint not null check (idx >= 0),
  hash bytea not null check (octet_length(hash) = 32),
  primary key (slot, level, idx)
);
