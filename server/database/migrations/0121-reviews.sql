-- 0121 reviews: who still needs what they were granted, each quarter; and grants that were opened in an emergency, without a second person
alter table access_grant drop constraint access_grant_check1,
  add column emergency text, add column reviewed_at bigint, add column reviewed_by text, add column review text,
  add constraint access_grant_second_person check (case when emergency is null then (approved_at is null) = (approved_by is null) else approved_by is null end),
  add constraint access_grant_reviewed check ((reviewed_at is null) = (reviewed_by is null) and (reviewed_by is null or reviewed_by <> person));

create table review (
  id text primary key,
  slot integer not null,
  controller text not null,
  opened_at bigint not null,
  ends_at bigint not null,
  closed_at bigint
);

create table review_item (
  review text not null references review (id),
  access_grant text not null references access_grant (id),
  person text not null,
  instruction text not null,
  last_used_at bigint,
  answer text check (answer in ('keep', 'revoke')),
  reason text,
  answered_by text,
  answered_at bigint,
  confirmed_by text,
  outcome text check (outcome in ('kept', 'revoked', 'revoked unanswered')),
  settled_at bigint,
  primary key (review, access_grant),
  check ((answer is null) = (answered_by is null)),
  check ((outcome is null) = (settled_at is null)),
  check (answered_by <> person and confirmed_by <> person and confirmed_by <> answered_by)
);
