-- 0176 reminder: what the processor's own people were reminded of or alarmed about: recorded before it goes, once, and then what came of it; and whose its rows are, as those of approvals
create table reminder (
  id text primary key,
  slot integer not null,
  kind text not null check (kind in ('training', 'review', 'emergency', 'window', 'warning')),
  channel text not null check (channel in ('e-mail', 'webhook')),
  recipient_sha256 text not null,
  message_id text not null,
  tries integer not null check (tries > 0),
  begun_at bigint not null,
  outcome text not null check (outcome in ('begun', 'sent', 'not sent', 'unknown')),
  receipt text,
  settled_at bigint
);

-- A controller's requests see the rows of its own log alone; what staff are reminded of by the processor stays its own.
select hold_rows('access_approval', 'slot = own_slot()');
select hold_rows('reminder', 'slot = own_slot()');
