-- 0046 exit: what a controller chose for the end and let go of, what it was told, and what a deadline said of itself
create table contract_choice (
  contract text not null references contract (id),
  number integer not null check (number > 0),
  slot integer not null,
  choice text not null check (choice in ('delete', 'return', 'send_on')),
  recipient text,
  signatory text, -- null when the key of what was agreed is gone
  custody text not null check (custody in ('signatory', 'this machine')),
  made_at bigint not null,
  primary key (contract, number),
  check ((choice = 'send_on') = (recipient is not null))
);

create table contract_release (
  contract text not null references contract (id),
  how text not null check (how in ('received', 'waived')),
  slot integer not null,
  signatory text,
  custody text not null check (custody in ('signatory', 'this machine')),
  released_at bigint not null,
  primary key (contract, how)
);

create table controller_notice (
  id text primary key,
  slot integer not null,
  controller text not null references controller (id),
  about text not null,
  says text not null,
  recorded_at bigint not null
);

create table erasure_warning (
  erasure text not null references erasure (id),
  kind text not null,
  warned_at bigint not null,
  primary key (erasure, kind)
);

alter table erasure add column retrieve_until bigint;
