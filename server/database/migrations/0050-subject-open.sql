-- 0050 subject-open: a request may say what it came to so far while it is open, because something could not be read
alter table subject_request drop constraint subject_request_check;
alter table subject_request add constraint subject_request_closed check (closed_at is null or outcome is not null);
