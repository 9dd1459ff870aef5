-- 0200 snapshot: what a log's head was made of, beside each head that a snapshot fixed, so that a ledger opens from there without reading what stands before
alter table snapshot_head add column frontier bytea; -- absent in rows from before
