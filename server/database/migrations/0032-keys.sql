-- 0032 keys: how long each class is kept, what is held beyond it, which keys were destroyed; evidence stays where what it names is gone
create table key_retention (
  only_one boolean primary key default true check (only_one),
  detail jsonb not null,
  declared_at bigint not null
);

create table key_hold (
  id text primary key,
  slot integer not null,
  class text,
  because text not null,
  held_by text not null,
  held_at bigint not null,
  released_by text,
  released_at bigint,
  check ((released_at is null) = (released_by is null))
);

-- Of every word, not only the ledger's own: a key that is back, from a backup of the key store, is known by this.
create table key_destroyed (
  id text primary key,
  slot integer not null,
  because text not null,
  destroyed_at bigint not null,
  times integer not null default 1
);

-- A person is known by the class `people`, an instruction by the class `instruction`; what evidence says of them outlives their keys.
alter table commitment drop constraint commitment_person_fkey;
alter table training_passed drop constraint training_passed_person_fkey;
alter table access_token drop constraint access_token_person_fkey;
alter table access_grant drop constraint access_grant_person_fkey;
alter table access_grant drop constraint access_grant_instruction_fkey;
