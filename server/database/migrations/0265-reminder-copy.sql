-- 0265 reminder: of governed copies that are about to be erased, or should have been
alter table reminder drop constraint reminder_kind_check;
alter table reminder add constraint reminder_kind_check check (kind in ('training', 'review', 'emergency', 'window', 'warning', 'activity', 'copy'));
