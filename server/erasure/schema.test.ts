import { afterAll, beforeAll, expect, test } from 'vitest'
import { allStores } from '#inventory'
import { takeFingerprints } from '#trace'
import { endContract, judgeErasure, runErasure, stepsOf } from './index.ts'
import { createWorld, customers, listeners, on, type World } from './testing.ts'

// One schema as they are in life: circles of keys, keys to itself and deferred ones, partitions of partitions, inheritance, a view, a materialised view, triggers and rules that copy rows elsewhere,
// generated columns, an exclusion constraint, and tables that nobody declared.
const id = 'EXIT-deezer-2016'
let world: World

const table = (name: string, subject: string, columns: string): string => `      - { table: life.${name}, subject: ${subject}, columns: { ${columns} } }\n`
const uid = '{ category: UID, identifies: true }'
const declared = `
  - id: people
    controller: deezer
    store: lab
    tables:
${table('household', 'household_id', `household_id: ${uid}, mail: ${uid}`)}${table('person', 'person_id', `person_id: ${uid}, mail: ${uid}, phone: ${uid}`)}${table('visit', 'mail', `mail: ${uid}`)}
  - id: guests
    controller: chinook
    store: lab
    tables:
${table('guest', 'guest_id', `guest_id: ${uid}, mail: ${uid}`)}`

const schema = `
  create schema life;
  create table life.household (household_id text primary key, head text not null, mail text);
  create table life.person (person_id text primary key, household text not null references life.household on delete restrict, invited_by text references life.person, mail text, phone text,
    shown text generated always as (upper(mail)) stored);
  alter table life.household add foreign key (head) references life.person deferrable initially deferred;
  create table life.guest (guest_id text primary key, mail text);
  create table life.room (room_id int primary key, name text);
  create table life.booking (booking_id int primary key, person text references life.person on delete cascade, guest text references life.guest on delete cascade, room int not null references life.room,
    during int4range, exclude using gist (during with &&));
  create table life.booking_note (booking int not null references life.booking, note text);
  create table life.visit (person text not null references life.person, mail text, at int) partition by range (at);
  create table life.visit_early partition of life.visit for values from (0) to (200) partition by range (at);
  create table life.visit_first partition of life.visit_early for values from (0) to (100);
  create table life.visit_second partition of life.visit_early for values from (100) to (200);
  create table life.visit_late partition of life.visit for values from (200) to (1000);
  create table life.contact (mail text, ref text);
  create table life.contact_old () inherits (life.contact);
  create table life.audit (what text, who text);
  create table life.log (gone text);
  create function life.noted() returns trigger language plpgsql as 'begin insert into life.audit values (old.mail, old.ref); return old; end';
  create trigger noted before delete on life.contact for each row execute function life.noted();
  create rule logged as on delete to life.contact_old do also insert into life.log values (old.mail);
  begin;
  insert into life.household select 'H' || i, 'FR' || (10000 + i * 7), 'p' || i || '@listener.example' from generate_series(1, ${listeners}) i;
  insert into life.person select 'FR' || (10000 + i * 7), 'H' || i, case when i > 1 then 'FR' || (10000 + (i - 1) * 7) end, 'p' || i || '@listener.example', '+39 02 ' || (3000000000 + i * 7919) from generate_series(1, ${listeners}) i;
  insert into life.guest select 'C-' || (10000 + i * 7), 'p' || i || '@customer.example' from generate_series(1, ${customers}) i;
  insert into life.room values (1, 'blue');
  insert into life.booking select i, 'FR' || (10000 + i * 7), null, 1, int4range(i * 10, i * 10 + 5) from generate_series(1, ${listeners}) i;
  insert into life.booking select 1000 + i, null, 'C-' || (10000 + i * 7), 1, int4range(i * 10 + 5, i * 10 + 10) from generate_series(1, ${customers}) i;
  insert into life.booking_note select booking_id, 'window side' from life.booking;
  insert into life.visit select 'FR' || (10000 + i * 7), 'p' || i || '@listener.example', i from generate_series(1, ${listeners}) i;
  insert into life.contact select 'p' || i || '@listener.example', 'FR' || (10000 + i * 7) from generate_series(1, 50) i;
  insert into life.contact select mail, guest_id from life.guest limit 10;
  insert into life.contact_old select 'p' || i || '@listener.example', 'FR' || (10000 + i * 7) from generate_series(51, 100) i;
  insert into life.contact_old select mail, guest_id from life.guest;
  commit;
  create view life.seen as select shown, phone from life.person;
  create materialized view life.picture as select shown, phone from life.person;
  analyze;`

beforeAll(async () => {
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('\ndatasets:', `\ndatasets:${declared}`) })
  await world.run('lab', schema)
  await takeFingerprints(world.context, on('2019-04-01'))
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
}, 300_000)
afterAll(() => world.close())

/** What is another controller's, or nobody's, with what hangs on it. */
const theirs = { guest: '', room: '', booking: 'where guest is not null', booking_note: 'where booking > 1000', contact: `where ref like 'C-%'`, contact_old: `where ref like 'C-%'` }
const sums = async (): Promise<unknown> => (await world.run('lab', Object.entries(theirs).map(([name, where]) => `select '${name}' as name, count(*)::int as rows, md5(string_agg(t::text, ',' order by t::text)) as sum from only life.${name} t ${where}`).join(' union all '))).rows
const counts = async (names: readonly string[]): Promise<number[]> => Promise.all(names.map(async (name) => ((await world.run('lab', `select count(*)::int as n from life.${name}`)).rows[0] as { n: number }).n))

test('a schema as it is in life is erased whole at the end of a contract, and found complete; others\' rows stay byte for byte', async () => {
  const before = await sums()
  const first = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  // What triggers and rules copied elsewhere while rows were deleted is found by the search after it, and goes with the next round.
  expect(first.again?.places.map(({ place }) => place).sort()).toEqual(['life.audit', 'life.log'])
  const again = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-03'))
  const steps = await stepsOf(world.ledger.database, id)
  expect(judgeErasure(again, steps, await allStores(world.ledger.database))).toMatchObject({ status: 'complete', obstacles: [] })
  expect(await counts(['household', 'person', 'visit', 'seen', 'picture', 'contact', 'audit', 'log'])).toEqual([0, 0, 0, 0, 0, customers + 10, 0, 0])
  expect(await sums()).toEqual(before)
  const of = (place: string) => steps.filter((step) => step.place === place && step.round === 1).map(({ state, rowsFound, rowsErased, detail }) => [state, rowsFound, rowsErased, detail.along ?? []])
  expect(of('life.household')).toEqual([['done', listeners, listeners, [{ place: 'life.person', rows: listeners }, { place: 'life.booking', rows: listeners }, { place: 'life.booking_note', rows: listeners }]]])
  expect(of('life.visit')).toEqual([['done', listeners, listeners, []]])
  expect(of('life.picture')).toEqual([['done', listeners, listeners, []]])
}, 300_000)
