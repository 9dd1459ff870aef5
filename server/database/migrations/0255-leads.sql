-- 0255 leads: where stores led when a search began, so that one that is gone on with later is not taken for one of where they lead by then
alter table sweep_run add column leads jsonb;
