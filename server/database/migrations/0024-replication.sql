-- 0024 replication: slots of ours in clients' databases
create table replication (
  name text primary key,
  slot integer not null,
  store text not null,
  fingerprints text not null,
  begun_at bigint not null
);
