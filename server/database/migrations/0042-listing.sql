-- 0042 listing: stores of a sweep whose places are listed by whoever serves their environment, because the sweep's own process does not
create table sweep_listing (
  sweep text not null references sweep_run (id) on delete cascade,
  number integer not null,
  store text not null,
  worker text,
  leased_until timestamptz,
  listed jsonb,
  primary key (sweep, number, store)
);

-- Where stores are (host, port, database; no account): whoever serves another environment of the same server must not take a declared database for one that nobody declared.
create table store_address (
  store text primary key,
  address text not null
);
