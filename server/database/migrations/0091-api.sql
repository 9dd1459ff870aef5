-- 0091 api: what was answered to requests that change something, so that one that is sent again does nothing twice; kept for a day
create table api_answer (
  account text not null,
  key text not null,
  route text not null,
  asked_sha256 text not null,
  answer jsonb,
  at bigint not null,
  primary key (account, key)
);
create index api_answer_at on api_answer (at);
