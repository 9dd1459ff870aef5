-- 0090 decisions: found newest first over all logs, without reading the entries of sessions and statements, which are nearly all
create function entry_type(body bytea) returns text language sql immutable strict parallel safe return convert_from(body, 'UTF8')::jsonb ->> 'type';
create function entry_at(body bytea) returns bigint language sql immutable strict parallel safe return (convert_from(body, 'UTF8')::jsonb ->> 'at')::bigint;
create index entry_decided on entry (entry_at(body), slot, idx) where entry_type(body) in ('decision.allowed', 'decision.refused');
