-- 0209 sessions-newest: of all, of one log and under one instruction the newest first, without reading those of years
create index session_newest on session (opened_at desc, id);
create index session_newest_of on session (slot, opened_at desc, id);
create index session_newest_under on session (instruction, opened_at desc, id);
