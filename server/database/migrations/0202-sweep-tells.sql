-- 0202 sweep-tells: a search that ends a contract looks for copies of governed copies as well; whoever reads units for it has to know
alter table sweep_run add column tells boolean not null default false;
