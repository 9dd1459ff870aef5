-- 0256 addresses: what people state of addresses at which stores were planned in an exit and not searched again
alter table erasure add column addresses jsonb not null default '[]';
