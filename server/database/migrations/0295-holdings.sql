-- 0295 holdings: what a folder held when it was last seen with files in it: another one under its path that holds files of its own may be a mount point at which nothing is mounted
alter table store_folder add column led text; -- a hash of its path
alter table store_folder add column places text[] not null default '{}'; -- hashes of the names of some of its files
