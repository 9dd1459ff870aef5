-- 0165 passkey: with which keys an account signs in and signs; and, outside the ledger, what a browser needs of them and challenges that are good once
create table account_passkey (
  key_sha256 text primary key, -- of the public key (SubjectPublicKeyInfo): what the ledger names
  account text not null,
  slot integer not null,
  registered_at bigint not null,
  removed_at bigint
);
create index account_passkey_account on account_passkey (account) where removed_at is null;
select hold_rows('account_passkey');

-- Not in the ledger: worth nothing unless the hash of its key is in the table above, and not removed.
create table passkey_credential (
  id text primary key, -- base64url, as an authenticator names it
  key_sha256 text not null unique,
  account text not null,
  public_key bytea not null, -- COSE_Key (RFC 9052)
  counter bigint not null,
  transports text[] not null,
  backed_up boolean not null, -- may be on several devices of one person
  name text not null,
  used_at bigint
);
create index passkey_credential_account on passkey_credential (account);

create table passkey_challenge (
  challenge text primary key, -- base64url
  purpose text not null check (purpose in ('register', 'sign-in', 'sign')),
  account text, -- null: nobody is known yet
  subject text, -- what is signed, such as an instruction
  nonce bytea, -- of what is signed
  until bigint not null,
  check ((purpose = 'sign-in') = (account is null)),
  check ((purpose = 'sign') = (subject is not null and nonce is not null))
);

alter table account_session add column way text not null default 'link' check (way in ('link', 'passkey', 'oidc'));
alter table account_session alter column way drop default;

-- With what an instruction was accepted, as its entry says. Entries of before told where the signatory's key is.
alter table instruction add column accepted_with text check (accepted_with in ('signatory', 'this machine', 'passkey'));
update instruction set accepted_with = (select custody from signatory where signatory.controller = instruction.controller and signatory.name = instruction.accepted_by) where accepted_by is not null;
