-- 0064 return: the key that returned data are encrypted to, named by a signatory; and what was returned or sent on
create table contract_return_key (
  contract text not null,
  number integer not null,
  slot integer not null,
  recipient text not null,
  signatory text,
  custody text not null,
  named_at bigint not null,
  primary key (contract, number)
);

create table data_return (
  id text primary key,
  slot integer not null,
  controller text not null,
  contract text not null,
  choice text not null check (choice in ('return', 'send_on')),
  sent_to text not null,
  recipient text not null,
  person text not null,
  formats jsonb not null,
  state text not null check (state in ('begun', 'made')),
  begun_at bigint not null,
  made_at bigint,
  manifest_sha256 text,
  tables jsonb
);
