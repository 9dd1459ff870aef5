-- 0184 sub-processor-may-hold: whether one may hold data, whatever its state became since; to be asked at the end
-- Of those that are there nobody knows it here: each is asked. The ledger folded once more knows which only were announced.
alter table contract_sub_processor add column may_hold boolean not null default true;
alter table contract_sub_processor alter column may_hold drop default;
