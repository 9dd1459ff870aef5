-- 0077 breach: incidents of one controller, what a sample of it shows, who is concerned, what the controller was told and when
create table breach (
  id text primary key,
  slot integer not null,
  controller text not null,
  contract text not null,
  nature text not null,
  cause jsonb not null,
  opened_by text not null,
  aware_at bigint not null,
  opened_at bigint not null,
  attribution jsonb,
  attributed_at bigint,
  counts jsonb,
  counted_at bigint,
  effects text,
  measures text,
  described_at bigint
);

create table breach_notice (
  breach text not null references breach (id),
  phase integer not null,
  document jsonb not null,
  sha256 text not null,
  drafted_at bigint not null,
  primary key (breach, phase)
);

create table breach_sending (
  breach text not null,
  phase integer not null,
  number integer not null,
  channel text not null check (channel in ('e-mail', 'webhook', 'by hand')),
  sent_by text not null,
  recipient_sha256 text not null,
  receipt text not null,
  sent_at bigint not null,
  primary key (breach, phase, number),
  foreign key (breach, phase) references breach_notice (breach, phase)
);

-- Counts of people by country, taken while the data were there: when they are gone, nothing else tells.
create table breach_census (
  dataset text not null,
  slot integer not null,
  controller text not null,
  taken_at bigint not null,
  people bigint not null,
  by_country jsonb not null,
  unknown bigint not null,
  primary key (dataset, taken_at)
);
