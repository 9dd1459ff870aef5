-- 0031 readers: what is folded into fresh tables stands there without the logs it came from
alter table reader_token drop constraint reader_token_slot_fkey;
