-- 0011 tokens: fingerprints of several epochs, and of controllers with a key of their own, live side by side   (breaking: stop older servers first)
create table token_epoch (
  epoch integer primary key,
  begun_at bigint not null,
  destroyed_at bigint
);

alter table fingerprint add column token_key text;
update fingerprint set token_key = 'epoch/' || epoch;
alter table fingerprint alter column token_key set not null, drop column epoch;
