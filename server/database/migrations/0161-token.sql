-- 0161 token: tokens by which machines ask as an account does, for less; when each was used last; and what a request was answered with when it was refused after something was recorded
create table api_token (
  id text primary key,
  slot integer not null,
  account text not null,
  account_version integer not null, -- as it was: changed or closed, the account takes its tokens with it
  name text not null,
  scopes text[] not null,
  token_sha256 text not null unique,
  issued_by text not null,
  issued_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create index api_token_account on api_token (account);

-- Not in the ledger: when it was used last.
create table api_token_use (
  token text primary key,
  used_at bigint not null
);

select hold_rows('api_token', 'slot = own_slot()');
select hold_rows('api_token_use', 'exists (select from api_token where api_token.id = api_token_use.token)');

-- Who of a controller's own people has an account is shown to them: they make tokens for it.
drop policy firm on account;
select hold_rows('account', 'slot = own_slot()');

alter table api_answer add column status integer not null default 200;
