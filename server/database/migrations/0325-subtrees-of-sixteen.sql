-- 0325 subtrees-of-sixteen: a proof reads sixteen hashes of each level where it read 256 of every other one (breaking: stop older servers first)
-- `level` counts sixteenfold: roots of subtrees of 16^level entries. What was kept stays, and levels between are made when they are asked for.
create temporary table kept on commit drop as select slot, level * 2 as level, idx, hash from subtree;
truncate subtree;
insert into subtree select slot, level, idx, hash from kept;
-- Migrations run more than once in a transaction where the ledger is folded beside itself.
drop table kept;
