-- 0280 append-streams: arrays are taken apart while rows are written, and not into a table of each column first; a part is found by its entry alone
-- Raises BH001, and nothing is written, when a head is not where it was left (the same size alone may be another history, after a restore) or the common log has grown.
-- Heads are found by their index and nothing else, lowest slot first, as `slots` is: so two writers never wait for each other.
create or replace function append_where_left(
  common bigint, slots integer[], sizes_before bigint[], frontiers_before bytea[], sizes bigint[], frontiers bytea[],
  entry_slots integer[], entry_indices bigint[], leaves bytea[], bodies bytea[],
  part_slots integer[], part_indices bigint[], parts text[], key_ids text[], ciphertexts bytea[]
) returns void language plpgsql set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  unmoved integer;
begin
  if slots[1] = 0 or (select size from head where slot = 0) is not distinct from common then
    update head set size = new.size, frontier = new.frontier
      from (select unnest(slots) as slot, unnest(sizes_before) as size_before, unnest(frontiers_before) as frontier_before, unnest(sizes) as size, unnest(frontiers) as frontier offset 0) as new
      where head.slot = new.slot and head.size = size_before and head.frontier = frontier_before;
    get diagnostics unmoved = row_count;
  end if;
  if unmoved is distinct from cardinality(slots) then raise exception 'a head has moved' using errcode = 'BH001'; end if;
  insert into entry (slot, idx, leaf, body) select unnest(entry_slots), unnest(entry_indices), unnest(leaves), unnest(bodies);
  insert into payload (slot, idx, part, key_id, ciphertext) select unnest(part_slots), unnest(part_indices), unnest(parts), unnest(key_ids), unnest(ciphertexts);
end $$;

-- Parts are asked for by their entry and told apart in what is found. That none stands there twice follows from the key of `entry`, beside which they are written; `bailee ledger check` looks.
create index payload_of on payload (slot, idx);
alter table payload drop constraint payload_pkey;
