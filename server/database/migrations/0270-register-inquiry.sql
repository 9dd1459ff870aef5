-- 0270 register-inquiry: what an authority asked of the processor, until when, and what was answered (Art. 31, 58(1)); told to no controller here
create table register_inquiry (
  id text primary key,
  authority text not null,
  controller text, -- whose processing it is about; null: the processor's own
  asks text not null,
  received_at bigint not null,
  due_at bigint, -- null: the authority named no day
  recorded_by text not null,
  recorded_at bigint not null,
  check (due_at is null or due_at >= received_at)
);
create table register_inquiry_answer (
  inquiry text not null references register_inquiry,
  number integer not null,
  says text not null,
  files jsonb not null, -- SHA-256 and bytes of each that was handed over
  settles boolean not null,
  answered_by text not null,
  answered_at bigint not null,
  primary key (inquiry, number)
);
select hold_rows('register_inquiry');
select hold_rows('register_inquiry_answer');
