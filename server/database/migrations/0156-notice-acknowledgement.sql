-- 0156 notice-acknowledgement: that a signatory of a controller has read a notice, those of breaches too
create table notice_acknowledgement (
  slot integer not null,
  notice text not null,
  acknowledged_by text, -- null when the key of what names people is gone
  acknowledged_at bigint not null,
  primary key (slot, notice)
);
