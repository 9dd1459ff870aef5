-- 0100 breach: a sending is recorded before it is begun, and then what came of it; the terms that held when the processor came to know; rows of a census that name nobody
alter table breach_sending
  add column outcome text not null default 'sent' check (outcome in ('begun', 'sent', 'not sent', 'unknown')),
  add column message_id text,
  add column settled_at bigint,
  alter column receipt drop not null;
alter table breach_sending alter column outcome drop default;
update breach_sending set settled_at = sent_at;
alter table breach_sending rename column sent_at to begun_at;
alter table breach add column terms jsonb;
alter table breach_census add column unnamed bigint not null default 0;
