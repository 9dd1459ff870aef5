-- 0206 refused: those of all logs newest first, without reading the decisions that allowed, which are nearly all
create index entry_refused on entry (entry_at(body), slot, idx) where entry_type(body) = 'decision.refused';
