-- 0218 breach: a dataset that could not be counted or read is not tried anew every hour: how often in a row, when last, and why
create table breach_recording_failed (
  dataset text primary key,
  slot integer not null,
  controller text not null,
  failed_at bigint not null,
  failures integer not null,
  because text not null
);
select hold_rows('breach_recording_failed', 'slot = own_slot()');
