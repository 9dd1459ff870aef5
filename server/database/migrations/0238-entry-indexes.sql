-- 0238 entry-indexes: what an entry is, and its time, are found in its bytes where they stand: text made of all of them for each index took longer than the rows
-- Entries are JCS: `at` is their first member. 16 digits hold any time that there is, and a comma follows.
create or replace function entry_at(body bytea) returns bigint language sql immutable strict parallel safe return split_part(encode(substring(body from 7 for 17), 'escape'), ',', 1)::bigint;

-- Of strings in quotes an entry has hashes, names of parts and its type, so that these bytes stand in decisions alone.
drop index entry_refused, entry_folds;
create index entry_refused on entry (entry_at(body), slot, idx) where position('"type":"decision.refused"'::bytea in body) > 0;
create index entry_folds on entry (slot, idx) where position('"type":"decision.'::bytea in body) = 0;
