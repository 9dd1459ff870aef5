import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, on, type World } from '../erasure/testing.ts'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { takeFingerprints } from './refresh.ts'
import { sweep } from './sweep.ts'

let world: World
let mariadb: OtherServer
const people = 400

beforeAll(async () => {
  if (withoutMariadb) return
  mariadb = await startMariadb()
  runMariadb(mariadb, `create database old; create table old.subscriber (plan varchar(20), mail varchar(80), ref bigint, phone varchar(40), flags bit(8), born date, surname varchar(60), changed_at timestamp(6) null default '2019-03-01 12:00:00');
    insert into old.subscriber select 'free', concat('Zoë.', seq, '@subscriber.example'), 7000000000 + seq * 7919, concat('+43 1 ', 5000000 + seq * 7919), b'101', '1990-03-04', concat('O''Neil "', seq, '"'), '2019-03-01 12:00:00' from old.seq_1_to_${people}`)
  const store = '  - { id: legacy, environment: production, kind: mysql, sweep_url: "file:legacy.url" }\ncontrollers:\n'
  const dataset = `  - id: subscribers
    controller: aria
    store: legacy
    tables:
      - table: old.subscriber
        subject: ref
        watermark: changed_at
        columns: { ref: { category: UID, identifies: true }, mail: { category: EmailAddress, identifies: true }, phone: { category: TelephoneNumber, identifies: true }, plan: { category: Purchase } }
instructions:\n`
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('controllers:\n', store).replace('instructions:\n', dataset) })
  writeFileSync(join(world.directory, 'legacy.url'), mariadb.url)
}, 300_000)
afterAll(async () => {
  if (withoutMariadb) return
  await mariadb.stop()
  await world.close()
})

const at = on('2019-05-01')
const taken = async () => takeFingerprints(world.context, at, { controller: 'aria' })

test.skipIf(withoutMariadb)('a dataset in MariaDB is fingerprinted: its copies are found elsewhere, its own table is none, and who left stays found', async () => {
  const first = await taken()
  expect(first.notTaken).toEqual([])
  expect(first.refreshed.find(({ fingerprints }) => fingerprints === 'subscribers.0')).toMatchObject({ mode: 'compare', rowsRead: people, layers: 0 })
  world.put('copy.csv', Array.from({ length: people }, (_, seq) => `ZOË.${seq + 1}@subscriber.example;${7_000_000_000 + (seq + 1) * 7919}\n`).join(''))
  runMariadb(mariadb, 'delete from old.subscriber where ref % 2 = 0')
  const second = await takeFingerprints(world.context, at, { controller: 'aria', full: true })
  expect(second.taken.find(({ id }) => id === 'subscribers.0')).toMatchObject({ records: people, former: people / 2 })
  const { findings } = await sweep(world.context, at)
  expect(findings.map(({ controller, records, store, place }) => [controller, records, store, place])).toEqual([['aria', people, 'share', 'copy.csv']])
})

test.skipIf(withoutMariadb)('of a table with a watermark only what changed since is read, whatever zone of time the server is in by then', async () => {
  const refreshed = async (full = false) => (await takeFingerprints(world.context, at, { controller: 'aria', full })).refreshed.filter(({ fingerprints }) => fingerprints === 'subscribers.0').map(({ mode, rowsRead, unmarked }) => [mode, rowsRead, unmarked])[0]
  expect(await refreshed()).toEqual(['watermark', people / 2, undefined]) // all of one moment, which may have more rows by now
  runMariadb(mariadb, `set global time_zone = '-10:00'; set time_zone = '+00:00';
    update old.subscriber set mail = 'moved.1@subscriber.example', changed_at = '2019-04-02 10:00:00.000001' where ref = 7000007919;
    insert into old.subscriber values ('free', 'new@subscriber.example', 99, '+43 1 99', b'1', null, null, '2019-04-02 10:00:00.000002'), ('free', 'none@subscriber.example', 98, '+43 1 98', b'1', null, null, null), ('free', 'ahead@subscriber.example', 97, '+43 1 97', b'1', null, null, '2037-01-01 00:00:00')`)
  expect(await refreshed()).toEqual(['watermark', people / 2 + 2, undefined])
  expect(await refreshed()).toEqual(['watermark', 2, undefined]) // the newest, and one that is yet to come
  world.put('moved.csv', 'moved.1@subscriber.example;7000007919\nnew@subscriber.example;99;+43 1 99\n')
  expect((await sweep(world.context, at)).findings.filter(({ place }) => place === 'moved.csv').map(({ controller, records }) => [controller, records])).toEqual([['aria', 2]])
  expect(await refreshed(true)).toEqual(['compare', people / 2 + 3, 1])
  runMariadb(mariadb, "set global time_zone = 'SYSTEM'; delete from old.subscriber where ref < 100")
})

test.skipIf(withoutMariadb)('a column that is gone, or a server that is away, is said, and what was known stays', async () => {
  runMariadb(mariadb, 'alter table old.subscriber rename column mail to contact')
  expect((await taken()).notTaken).toEqual([{ dataset: 'subscribers', because: 'old.subscriber: 1 of its columns are not there, or this account may not see them' }])
  runMariadb(mariadb, 'alter table old.subscriber rename column contact to mail')
  writeFileSync(join(world.directory, 'legacy.url'), 'mysql://nobody@127.0.0.1:1/old')
  const away = await taken()
  expect(away.notTaken).toEqual([{ dataset: 'subscribers', because: expect.stringContaining('cannot be opened') as string }])
  expect(away.taken.find(({ id }) => id === 'subscribers.0')).toMatchObject({ records: people + 3 }) // those who came and left again included
})
