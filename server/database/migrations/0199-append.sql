-- 0199 append: arrays come as the database reads them, whether an entry is a decision is read from its bytes, and one head is changed without being locked before   (breaking: stop older servers first)
-- In a form that the planner takes apart: as functions of their own they were called for every entry, twice, and took half of the time of writing it.
create or replace function entry_type(body bytea) returns text language sql immutable strict parallel safe return encode(body, 'escape')::jsonb ->> 'type';
create or replace function entry_at(body bytea) returns bigint language sql immutable strict parallel safe return (encode(body, 'escape')::jsonb ->> 'at')::bigint;

-- Entries are JCS: their only strings besides the type are hashes and names of parts, so that these bytes stand in decisions alone.
drop index entry_decided, entry_decided_of;
create index entry_decided on entry (entry_at(body), slot, idx) where position('"type":"decision.'::bytea in body) > 0;
create index entry_decided_of on entry (slot, entry_at(body), idx) where position('"type":"decision.'::bytea in body) > 0;

-- A head grows by a hash now and then; with room on its page a new version of it needs no new line in the index.
alter table head set (fillfactor = 50);

drop function append_where_left;
-- Raises BH001, and nothing is written, when a head is not where it was left (the same size alone may be another history, after a restore) or the common log has grown.
-- Heads are found by their index and nothing else, lowest slot first, as `slots` is: so two writers never wait for each other.
create function append_where_left(
  common bigint, slots integer[], sizes_before bigint[], frontiers_before bytea[], sizes bigint[], frontiers bytea[],
  entry_slots integer[], entry_indices bigint[], leaves bytea[], bodies bytea[],
  part_slots integer[], part_indices bigint[], parts text[], key_ids text[], ciphertexts bytea[]
) returns void language plpgsql set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  unmoved integer;
begin
  if slots[1] = 0 or (select size from head where slot = 0) is not distinct from common then
    update head set size = new.size, frontier = new.frontier
      from unnest(slots, sizes_before, frontiers_before, sizes, frontiers) as new (slot, size_before, frontier_before, size, frontier)
      where head.slot = new.slot and head.size = size_before and head.frontier = frontier_before;
    get diagnostics unmoved = row_count;
  end if;
  if unmoved is distinct from cardinality(slots) then raise exception 'a head has moved' using errcode = 'BH001'; end if;
  insert into entry (slot, idx, leaf, body) select * from unnest(entry_slots, entry_indices, leaves, bodies);
  insert into payload (slot, idx, part, key_id, ciphertext) select * from unnest(part_slots, part_indices, parts, key_ids, ciphertexts);
end $$;
