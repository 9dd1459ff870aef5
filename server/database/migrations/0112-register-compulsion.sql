-- 0112 register-compulsion: what an authority made the processor do without an instruction (Art. 28(3)(a), last half sentence)
create table register_compulsion (
  id text primary key,
  slot integer not null, -- 0 where law forbids that the controller is told: its own log would tell it
  controller text not null,
  authority text not null,
  law text not null,
  country text not null,
  agreement text,
  informing text not null check (informing in ('told', 'forbidden')),
  forbidden_by text,
  handed_over text not null,
  recorded_by text not null,
  recorded_at bigint not null,
  check ((informing = 'forbidden') = (forbidden_by is not null)),
  check ((informing = 'forbidden') = (slot = 0))
);
