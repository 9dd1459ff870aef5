-- 0335 keys-emptying: which destroyed keys sealed parts that are still to be deleted stands in the transaction that records it: a backup made in between knows it, wherever it is restored
create table key_emptying (id text primary key);
select hold_rows('key_emptying');
