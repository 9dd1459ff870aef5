-- 0201 entry-type: the type of an entry is found in its text, where it stands once, by what the planner can take apart: asked as JSON for each index, it cost more than the entry's row
-- Empty for what is no entry. Without `nullif`, which is not strict: then it would be called for every row again.
create or replace function entry_type(body bytea) returns text language sql immutable strict parallel safe return split_part(split_part(encode(body, 'escape'), '"type":"', 2), '"', 1);
