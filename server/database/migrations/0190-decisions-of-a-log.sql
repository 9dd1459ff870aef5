-- 0190 decisions-of-a-log: those of one log newest first; over all logs they stand by time alone, and one log among a thousand was looked for in all
create index entry_decided_of on entry (slot, entry_at(body), idx) where entry_type(body) in ('decision.allowed', 'decision.refused');
