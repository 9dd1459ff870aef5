-- 0110 contract-terms: where a contract says what Art. 28(3) asks of it, and who works below the processor, by whose leave
create table contract_term (
  contract text not null references contract (id),
  term text not null,
  slot integer not null,
  clause text, -- null: somebody looked, and the contract has none
  recorded_by text not null,
  recorded_at bigint not null,
  primary key (contract, term)
);

create table contract_sub_processor (
  contract text not null references contract (id),
  name text not null,
  slot integer not null,
  detail jsonb not null,
  state text not null check (state in ('agreed', 'listed', 'announced', 'objected', 'authorised', 'withdrawn')),
  number integer not null default 0, -- how often it was announced
  since bigint not null,
  until bigint, -- when silence authorises it, under a general authorisation
  signatory text,
  custody text check (custody in ('signatory', 'this machine')),
  reasons text,
  primary key (contract, name),
  check ((state = 'objected') <= (custody is not null))
);

-- Of contracts that were declared before: what they list now was agreed with them. The ledger folded once more knows what was added later.
insert into contract_sub_processor (contract, name, slot, detail, state, since)
select contract.id, one ->> 'name', contract.slot, one, 'agreed', contract.starts from contract, jsonb_array_elements(coalesce(detail #> '{sub_processors,list}', '[]')) as one
on conflict do nothing;
