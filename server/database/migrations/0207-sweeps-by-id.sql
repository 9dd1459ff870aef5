-- 0207 sweeps-by-id: one of a thousand controllers is a row in each of a thousand logs, and a page shows few
create index sweep_by_id on sweep (id);
