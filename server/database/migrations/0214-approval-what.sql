-- 0214 approval: of a copy or a disclosure, all that it would do, as whoever approves it is shown; null: sessions, and what was asked for before
alter table access_approval add column what jsonb, add column what_sha256 text;
