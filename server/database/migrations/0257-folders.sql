-- 0257 folders: which folder it was, when a store of files was last seen with files in it: an empty one that is another may just not be mounted
create table store_folder (
  store text primary key,
  folder text not null -- a hash of its inode
);
select hold_rows('store_folder');

-- Where the store of a governed copy led when the copy was registered.
alter table transfer add column lead jsonb;
