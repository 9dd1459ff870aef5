-- 0250 entry-ends: whether an entry is a decision is told by how it ends; looked for in all of its bytes, by each of four indexes, it cost more than the entry's row
-- Entries are JCS, whose last members are the type and the version: a decision ends in one of two ways, each of 32 bytes.
drop index entry_decided, entry_decided_of, entry_refused, entry_folds;
create index entry_decided on entry (entry_at(body), slot, idx) where substring(body from octet_length(body) - 31) in ('"type":"decision.allowed","v":1}', '"type":"decision.refused","v":1}');
create index entry_decided_of on entry (slot, entry_at(body), idx) where substring(body from octet_length(body) - 31) in ('"type":"decision.allowed","v":1}', '"type":"decision.refused","v":1}');
create index entry_refused on entry (entry_at(body), slot, idx) where substring(body from octet_length(body) - 31) = '"type":"decision.refused","v":1}';
create index entry_folds on entry (slot, idx) where substring(body from octet_length(body) - 31) not in ('"type":"decision.allowed","v":1}', '"type":"decision.refused","v":1}');

-- Prepared anew for every statement, these took as long as a row. What they refuse is never written, and `bailee ledger check` names it: leaves and sizes by hashing, indices by counting.
alter table entry drop constraint entry_idx_check, drop constraint entry_leaf_check, drop constraint entry_body_check;
alter table head drop constraint head_size_check;
