-- 0296 derived: where the store of a derived dataset led when it was registered: what bears its name elsewhere is not it
alter table derived_dataset add column lead jsonb;
