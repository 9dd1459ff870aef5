-- 0208 entries-that-fold: those of a stretch of a log, without reading its decisions, which fold into nothing and are nearly all
create index entry_folds on entry (slot, idx) where entry_type(body) not in ('decision.allowed', 'decision.refused');
