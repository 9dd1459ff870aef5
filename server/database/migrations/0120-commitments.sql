-- 0120 commitments: what was signed and until when, results of courses, roles and moves, and tokens that end with their owner's leaving
alter table commitment drop constraint commitment_pkey, add primary key (person, signed_at),
  add column text_sha256 text, add column language text, add column via text, add column withdrawn_at bigint;

alter table training add column course text;
alter table training_passed add column course text, add column version text, add column course_sha256 text, add column language text,
  add column score integer, add column questions integer, add column via text,
  add constraint training_passed_whole check ((course is null) = (score is null) and (course is null) = (version is null));

create table training_failed (
  person text not null references person (id),
  training text not null references training (id),
  failed_at bigint not null,
  version text not null,
  score integer not null,
  questions integer not null,
  primary key (person, training, failed_at)
);

alter table access_token add column revoked_at bigint;

-- What a role may do under instructions: whoever moves keeps the grants that the new role covers.
create table people_role (
  id text primary key,
  operations jsonb not null,
  purposes jsonb not null
);

create table people_move (
  id text primary key,
  person text not null references person (id),
  from_role text not null,
  to_role text not null,
  revokes jsonb not null,
  proposed_by text not null,
  proposed_at bigint not null,
  state text not null check (state in ('proposed', 'moved', 'refused')),
  ended_by text,
  ended_at bigint,
  check ((state = 'proposed') = (ended_at is null)),
  check (ended_by is null or ended_by not in (person, proposed_by))
);
create unique index people_move_open on people_move (person) where state = 'proposed';
