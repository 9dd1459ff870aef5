-- 0080 account: who may sign in, and as what; and, outside the ledger, links that are good once and the sessions of those who signed in
create table account (
  id text primary key,
  slot integer not null,
  controller text, -- null: staff of the processor
  person text, -- staff it is of; null: a controller's own people, and the owner of a first start, when nobody is declared yet
  name text not null,
  role text not null check (role in ('owner', 'dpo', 'engineer', 'analyst', 'auditor', 'signatory', 'viewer')),
  ends_at bigint, -- the first moment it is no good any more
  version integer not null default 0, -- moves with every change: what was begun under another one is over
  opened_at bigint not null,
  closed_at bigint,
  check ((role in ('signatory', 'viewer')) = (controller is not null)),
  check (role <> 'auditor' or ends_at is not null)
);
create index account_person on account (person) where closed_at is null;

-- No row of these two is in the ledger: they are work under way, and worth nothing once it is over. Of tokens, only hashes.
create table account_link (
  token_sha256 text primary key,
  account text not null,
  account_version integer not null,
  made_at bigint not null,
  until bigint not null,
  used_at bigint
);

create table account_session (
  id text primary key,
  token_sha256 text not null unique,
  account text not null,
  account_version integer not null,
  begun_at bigint not null,
  used_at bigint not null,
  until bigint not null
);
create index account_session_account on account_session (account);
