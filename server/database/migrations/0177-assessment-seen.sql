-- 0177 assessment: what was seen of its facts when it was recorded, apart from what was stated; null: nobody looked
alter table assessment add column seen jsonb;
