-- 0237 activity-retries: a run that failed is tried again for the same due time, as often as its schedule says
alter table activity_schedule add column retries integer not null default 0;
alter table activity add column attempt integer not null default 1;
alter table activity drop constraint activity_schedule_due_at_key, add constraint activity_schedule_due_at_attempt_key unique (schedule, due_at, attempt);
