-- 0028 append: entries, their parts and their heads written by one call
-- Checked by `bailee ledger check` instead: asked of every row again, they took as long as the rows themselves.
alter table payload drop constraint payload_slot_idx_fkey;
alter table entry drop constraint entry_slot_fkey;

-- False, and nothing written, when a head is not where it was left or the common log has grown. Bytes come one behind the other, with where each begins and how long it is.
create function append_where_left(
  common bigint, slots integer[], sizes_before bigint[], frontiers_before bytea, frontiers_before_at integer[], frontier_before_lengths integer[], sizes bigint[], frontiers bytea, frontiers_at integer[], frontier_lengths integer[],
  entry_slots integer[], entry_indices bigint[], leaves bytea, bodies bytea, bodies_at integer[], body_lengths integer[],
  part_slots integer[], part_indices bigint[], parts text[], key_ids text[], ciphertexts bytea, ciphertexts_at integer[], ciphertext_lengths integer[]
) returns boolean language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  unmoved integer;
begin
  with locked as (select slot, size, frontier from head where slot = any (slots) order by slot for update)
  select count(*) into unmoved from locked join unnest(slots, sizes_before, frontiers_before_at, frontier_before_lengths) as before (slot, size, at, length) using (slot, size)
    where frontier = substring(frontiers_before from at for length); -- the same size alone may be another history, after a restore
  if unmoved <> cardinality(slots) then return false; end if;
  if not (0 = any (slots)) and (select size from head where slot = 0) is distinct from common then return false; end if;
  insert into entry (slot, idx, leaf, body)
    select slot, idx, substring(leaves from (number::integer - 1) * 32 + 1 for 32), substring(bodies from at for length)
    from unnest(entry_slots, entry_indices, bodies_at, body_lengths) with ordinality as new (slot, idx, at, length, number);
  insert into payload (slot, idx, part, key_id, ciphertext)
    select slot, idx, part, key_id, substring(ciphertexts from at for length)
    from unnest(part_slots, part_indices, parts, key_ids, ciphertexts_at, ciphertext_lengths) as new (slot, idx, part, key_id, at, length);
  update head set size = new.size, frontier = substring(frontiers from new.at for new.length)
    from unnest(slots, sizes, frontiers_at, frontier_lengths) as new (slot, size, at, length) where head.slot = new.slot;
  return true;
end $$;
