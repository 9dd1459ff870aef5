-- 0170 instruction: what somebody is writing is kept until it is proposed or thrown away; told to nobody, and decided by nothing
create table instruction_draft (
  id text primary key, -- made by whoever writes, so that saving twice is saving once
  account text not null,
  scope jsonb not null,
  changed_at bigint not null
);
create index instruction_draft_account on instruction_draft (account, changed_at);
