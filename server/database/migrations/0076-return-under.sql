-- 0076 return-under: data that went back while a contract ran, by the instruction; and datasets that did not go along with a return
create table data_return_terms (
  id text primary key,
  instruction text,
  without jsonb not null
);
