-- 0174 approval: a second person's word for one use of an instruction that asks for it, bound to the version that the controller accepted, for a bounded time
create table access_approval (
  id text primary key,
  slot integer not null,
  instruction text not null, -- not a reference: it outlives the key of what was agreed
  scope_sha256 text not null,
  person text not null,
  use text not null check (use in ('session', 'copy', 'disclose')),
  reason text not null,
  minutes integer not null check (minutes > 0),
  times integer not null check (times > 0),
  asked_at bigint not null,
  state text not null check (state in ('asked', 'given', 'refused', 'withdrawn', 'lapsed')),
  given_by text,
  given_at bigint,
  until bigint,
  used integer not null default 0,
  used_at bigint,
  ended_at bigint,
  check (given_by <> person),
  check ((given_by is null) = (given_at is null) and (given_at is null) = (until is null)),
  check ((state in ('asked', 'given')) = (ended_at is null)),
  check (used <= times)
);

create trigger judged after insert or update or delete or truncate on access_approval for each statement execute function judged_changed();
