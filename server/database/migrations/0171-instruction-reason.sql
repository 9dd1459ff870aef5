-- 0171 instruction: why a controller refused a proposal or took an instruction back, in its own words
alter table instruction add column ended_reason text;
