-- 0166 identity: as whom an account is known to the firm's own sign-in; and, outside the ledger, sign-ins under way there
create table account_identity (
  identity_sha256 text primary key, -- of issuer and subject
  account text not null,
  slot integer not null,
  linked_at bigint not null,
  unlinked_at bigint
);
create unique index account_identity_account on account_identity (account) where unlinked_at is null;
select hold_rows('account_identity');

create table oidc_flow (
  state_sha256 text primary key,
  browser_sha256 text not null, -- of a cookie: whoever comes back is who went
  nonce text not null,
  code_verifier text not null,
  until bigint not null
);
