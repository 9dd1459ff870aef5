-- 0188 exported-bundle: bundles that were handed out, so that whoever keeps one can tell which it is
create table exported_bundle (
  slot integer not null,
  sha256 text not null,
  exported_at bigint not null,
  entries bigint not null,
  snapshots bigint not null,
  bytes bigint not null,
  account text not null,
  primary key (slot, sha256)
);
select hold_rows('exported_bundle', 'slot = own_slot()');
