-- 0173 breach: when the versions of values of a table were read last, so that it can be said when nobody has read them for too long
create table breach_reading (
  dataset text not null,
  source_table text not null,
  slot integer not null,
  controller text not null,
  read_at bigint not null,
  readings bigint not null,
  subjects bigint not null,
  one_in bigint not null,
  primary key (dataset, source_table)
);
select hold_rows('breach_reading', 'slot = own_slot()');
