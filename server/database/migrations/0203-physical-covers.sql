-- 0203 physical-covers: which steps a check of files came after; null for checks that were recorded before this was kept
alter table erasure_physical add column covers jsonb;
