-- 0009 fingerprint: people who left a dataset stay findable; tokens of several epochs live side by side
alter table fingerprint
  add column former bigint not null default 0,
  add column epoch integer not null default 1,
  add constraint former_are_among_the_records check (former between 0 and records);
