-- 0336 analyzed: what 0316 moved is counted, so that the first questions after a migration are planned by what is there and not by what a table is taken for that nobody looked at
-- An empty table is left as it is: one that was counted when it was empty is taken for tiny while it grows, one that never was for some pages.
do $$
declare
  moved text;
  filled boolean;
begin
  foreach moved in array '{other_entry, decision_entry, further_part}'::text[] loop
    execute format('select exists (select from %I)', moved) into filled;
    if filled then execute format('analyze %I', moved); end if;
  end loop;
end $$;
