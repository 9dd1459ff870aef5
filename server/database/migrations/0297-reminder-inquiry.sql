-- 0297 reminder: of what an authority asked, before and on the day when it is due; its kind says no more than the type of its entries
alter table reminder drop constraint reminder_kind_check;
alter table reminder add constraint reminder_kind_check check (kind in ('training', 'review', 'emergency', 'window', 'warning', 'activity', 'copy', 'noted'));
