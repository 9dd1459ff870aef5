-- 0316 entries-with-their-parts: an entry and its first part are one row with one index, and decisions are rows of a table of their own: three rows and three or more indexes an entry were most of what an append took (breaking: stop older servers first)
-- Decisions are nearly all entries there are, fold into nothing, and are looked for by time; others are read in order. With a table for each, no index asks of every entry which of the two it is.
create table other_entry (
  slot integer not null,
  idx bigint not null,
  leaf bytea not null,
  body bytea not null,
  -- Its first part. Empty where there is none, or where its key was destroyed.
  part text,
  key_id text,
  ciphertext bytea,
  primary key (slot, idx)
);
create table decision_entry (like other_entry including all);
-- Parts beside the first: few entries have any.
create table further_part (slot integer not null, idx bigint not null, part text not null, key_id text not null, ciphertext bytea not null, primary key (slot, idx, part));

-- Bytes that look random are not worth trying to compress.
alter table other_entry alter leaf set storage plain, alter ciphertext set storage external;
alter table decision_entry alter leaf set storage plain, alter ciphertext set storage external;
alter table further_part alter ciphertext set storage external;

insert into other_entry select slot, idx, leaf, body, part, key_id, ciphertext from entry left join (select distinct on (slot, idx) slot, idx, part, key_id, ciphertext from payload order by slot, idx, part) as first_part using (slot, idx)
  where substring(body from octet_length(body) - 31) not in ('"type":"decision.allowed","v":1}', '"type":"decision.refused","v":1}');
insert into decision_entry select slot, idx, leaf, body, part, key_id, ciphertext from entry left join (select distinct on (slot, idx) slot, idx, part, key_id, ciphertext from payload order by slot, idx, part) as first_part using (slot, idx)
  where substring(body from octet_length(body) - 31) in ('"type":"decision.allowed","v":1}', '"type":"decision.refused","v":1}');
insert into further_part select slot, idx, part, key_id, ciphertext from (select *, row_number() over (partition by slot, idx order by part) as number from payload) as numbered where number > 1;

drop table payload;
drop table entry;

create index decision_entry_at on decision_entry (entry_at(body), slot, idx);
create index decision_entry_of on decision_entry (slot, entry_at(body), idx);
create index decision_entry_refused on decision_entry (entry_at(body), slot, idx) where substring(body from octet_length(body) - 31) = '"type":"decision.refused","v":1}';

-- What was hashed is written once. A part goes when its key does.
create trigger entry_is_append_only before update of slot, idx, leaf, body or delete or truncate on other_entry for each statement execute function refuse_change();
create trigger entry_is_append_only before update of slot, idx, leaf, body or delete or truncate on decision_entry for each statement execute function refuse_change();
create trigger part_is_kept_or_taken_away before update on other_entry for each row when (num_nonnulls(new.part, new.key_id, new.ciphertext) > 0 and (new.part, new.key_id, new.ciphertext) is distinct from (old.part, old.key_id, old.ciphertext)) execute function refuse_change();
create trigger part_is_kept_or_taken_away before update on decision_entry for each row when (num_nonnulls(new.part, new.key_id, new.ciphertext) > 0 and (new.part, new.key_id, new.ciphertext) is distinct from (old.part, old.key_id, old.ciphertext)) execute function refuse_change();

select hold_rows(held::regclass, 'slot = own_slot()') from unnest('{other_entry, decision_entry, further_part}'::text[]) as held;

-- All entries, and all parts, for whoever reads. With the rights, and by the policies, of who asks.
create view entry with (security_invoker = true) as select slot, idx, leaf, body from other_entry union all select slot, idx, leaf, body from decision_entry;
create view payload with (security_invoker = true) as
  select slot, idx, part, key_id, ciphertext from other_entry where part is not null
  union all select slot, idx, part, key_id, ciphertext from decision_entry where part is not null
  union all select slot, idx, part, key_id, ciphertext from further_part;

drop function append_where_left;
-- Raises BH001, and nothing is written, when a head is not where it was left (the same size alone may be another history, after a restore) or the common log has grown.
-- Heads are found by their index and nothing else, lowest slot first, as `slots` is: so two writers never wait for each other.
create function append_where_left(
  common bigint, slots integer[], sizes_before bigint[], frontiers_before bytea[], sizes bigint[], frontiers bytea[],
  entry_slots integer[], entry_indices bigint[], leaves bytea[], bodies bytea[], parts text[], key_ids text[], ciphertexts bytea[],
  decision_slots integer[], decision_indices bigint[], decision_leaves bytea[], decision_bodies bytea[], decision_parts text[], decision_key_ids text[], decision_ciphertexts bytea[],
  further_slots integer[], further_indices bigint[], further_parts text[], further_key_ids text[], further_ciphertexts bytea[]
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
  if cardinality(entry_slots) > 0 then
    insert into other_entry (slot, idx, leaf, body, part, key_id, ciphertext)
      select unnest(entry_slots), unnest(entry_indices), unnest(leaves), unnest(bodies), unnest(parts), unnest(key_ids), unnest(ciphertexts);
  end if;
  if cardinality(decision_slots) > 0 then
    insert into decision_entry (slot, idx, leaf, body, part, key_id, ciphertext)
      select unnest(decision_slots), unnest(decision_indices), unnest(decision_leaves), unnest(decision_bodies), unnest(decision_parts), unnest(decision_key_ids), unnest(decision_ciphertexts);
  end if;
  if cardinality(further_slots) > 0 then
    insert into further_part (slot, idx, part, key_id, ciphertext) select unnest(further_slots), unnest(further_indices), unnest(further_parts), unnest(further_key_ids), unnest(further_ciphertexts);
  end if;
end $$;
