-- 0001 ledger: logs, entries as signed bytes, encrypted payloads beside them, heads and snapshots
create table log (
  slot integer primary key check (slot >= 0),
  origin text not null unique,
  kind text not null check (kind in ('common', 'controller')),
  clock text not null check (clock in ('machine', 'replayed'))
);

create table entry (
  slot integer not null references log (slot),
  idx bigint not null check (idx >= 0),
  leaf bytea not null check (octet_length(leaf) = 32),
  body bytea not null check (octet_length(body) between 1 and 65535),
  primary key (slot, idx)
);

create table payload (
  slot integer not null,
  idx bigint not null,
  part text not null,
  key_id text not null,
  ciphertext bytea not null,
  primary key (slot, idx, part),
  foreign key (slot, idx) references entry (slot, idx)
);

-- The head row is the lock of its log. It is a cache of the entries, compared with them at start, never trusted.
create table head (
  slot integer primary key references log (slot),
  size bigint not null check (size > 0),
  frontier bytea not null
);

-- The root log: entry i is the body of snapshot i.
create table snapshot (
  idx bigint primary key check (idx >= 0),
  time bigint not null,
  slots integer not null check (slots > 0),
  body bytea not null
);

-- Only heads that changed; the head of a slot at snapshot i is its newest row at or before i.
create table snapshot_head (
  slot integer not null references log (slot),
  snapshot bigint not null references snapshot (idx),
  size bigint not null,
  root bytea not null,
  primary key (slot, snapshot)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are written once', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger entry_is_append_only before update or delete or truncate on entry for each statement execute function refuse_change();
create trigger snapshot_is_append_only before update or delete or truncate on snapshot for each statement execute function refuse_change();
create trigger snapshot_head_is_append_only before update or delete or truncate on snapshot_head for each statement execute function refuse_change();
