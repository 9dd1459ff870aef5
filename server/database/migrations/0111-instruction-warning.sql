-- 0111 instruction-warning: what the processor told of an instruction that infringes the law, whether work under it stopped, and how that ended
create table instruction_warning (
  instruction text not null, -- not a reference: a warning outlives the key of what was agreed
  number integer not null check (number > 0),
  slot integer not null,
  provision text not null,
  reasons text, -- null when the key of what was agreed is gone
  warned_by text not null,
  warned_at bigint not null,
  suspended boolean not null,
  answer text check (answer in ('upheld', 'agreed')),
  answer_says text,
  answered_by text,
  custody text check (custody in ('signatory', 'this machine')),
  answered_at bigint,
  ended_at bigint,
  ended_because text check (ended_because in ('upheld', 'superseded', 'withdrawn')),
  primary key (instruction, number),
  check ((answer is null) = (answered_at is null)),
  check ((ended_at is null) = (ended_because is null))
);

create trigger judged after insert or update or delete or truncate on instruction_warning for each statement execute function judged_changed();
