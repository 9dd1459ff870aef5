-- 0216 reminder: of scheduled activities that were not begun in time, or were not made
alter table reminder drop constraint reminder_kind_check;
alter table reminder add constraint reminder_kind_check check (kind in ('training', 'review', 'emergency', 'window', 'warning', 'activity'));
