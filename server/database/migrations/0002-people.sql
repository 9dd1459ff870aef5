-- 0002 people: staff, their commitments and training, signatories and their keys, access tokens
create table person (
  id text primary key,
  name text not null,
  contact text not null,
  role text not null,
  declared_at bigint not null,
  left_at bigint
);

create table commitment (
  person text primary key references person (id),
  signed_at bigint not null
);

create table training (
  id text primary key,
  title text not null,
  valid_months integer not null check (valid_months > 0),
  required_for jsonb not null,
  declared_at bigint not null
);

create table training_passed (
  person text not null references person (id),
  training text not null references training (id),
  passed_at bigint not null,
  primary key (person, training, passed_at)
);

create table signatory (
  slot integer not null,
  controller text not null,
  name text not null,
  contact text not null,
  public_key text,
  custody text check (custody in ('signatory', 'this machine')),
  primary key (controller, name)
);

create table access_token (
  id text primary key,
  person text not null references person (id),
  verifier text not null,
  issued_at bigint not null,
  expires_at bigint not null
);
