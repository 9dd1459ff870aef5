-- 0315 parts-replicate: parts of destroyed keys can be deleted where the control database is replicated logically: a row of theirs is told by all that it holds
-- A table without a primary key has none otherwise, and PostgreSQL refuses to delete from it once it is published. Costs nothing where nothing is replicated so: only deletes and updates write more, and parts are only ever written and deleted.
alter table payload replica identity full;
