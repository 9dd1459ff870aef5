-- 0033 keys: which key signs logs and certificates, since when, and which are not to be believed
create table signing_key (
  purpose text not null check (purpose in ('log', 'certificate')),
  number integer not null check (number > 1), -- the first was there before anything was recorded
  public_key text not null,
  snapshots bigint not null,
  note text not null,
  since bigint not null,
  primary key (purpose, number)
);

create table key_revocation (
  purpose text not null check (purpose in ('log', 'certificate')),
  number integer not null check (number > 0),
  snapshots bigint not null,
  because text not null,
  note text not null,
  revoked_at bigint not null,
  primary key (purpose, number, snapshots)
);
