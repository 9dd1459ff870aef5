-- 0020 gateway-sharing: what may end a session is told at once, and what several gateways share
create table judged (
  only_one boolean primary key default true check (only_one),
  version bigint not null
);
insert into judged (version) values (0);

-- The version moves in the same transaction as the records: who sees the new records sees the new version.
create function judged_changed() returns trigger language plpgsql as $$
begin
  update judged set version = version + 1;
  notify bailee_judged;
  return null;
end $$;

create trigger judged after insert or update or delete or truncate on instruction for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on access_grant for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on contract for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on controller for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on person for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on commitment for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on training for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on training_passed for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on environment for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on store for each statement execute function judged_changed();
create trigger judged after insert or update or delete or truncate on dataset for each statement execute function judged_changed();

alter table session add column revoked_at bigint;
create function session_revoked() returns trigger language plpgsql as $$
begin
  notify bailee_judged;
  return null;
end $$;
create trigger revoked after update of revoked_at on session for each statement execute function session_revoked();
create index session_of_person on session (person) where closed_at is null;
create index session_of_instruction on session (instruction) where closed_at is null;

-- What a person used of an instruction on a day (UTC): spent by sessions that were closed, held by the leases of those that are open.
create table budget (
  person text not null,
  instruction text not null,
  day integer not null,
  spent_rows bigint not null default 0,
  held_rows bigint not null default 0 check (held_rows >= 0),
  primary key (person, instruction, day)
);

create table session_lease (
  session text not null references session (id),
  day integer not null,
  rows bigint not null,
  bytes bigint not null,
  primary key (session, day)
);
