-- 0140 papers: the keys that sign them, and the hash of every file of pages that was written of a certificate
create table paper_key (
  number integer primary key check (number > 0),
  certificate bytea not null,
  sha256 text not null,
  since bigint not null
);

create table certificate_pages (
  certificate text not null references certificate (id),
  sha256 text not null,
  language text not null check (language in ('en', 'fr')),
  invalidated boolean not null,
  key_number integer not null references paper_key (number),
  written_at bigint not null,
  primary key (certificate, sha256)
);
