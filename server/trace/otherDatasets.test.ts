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
  runMariadb(mariadb, `create database old; create table old.subscriber (plan varchar(20), mail varchar(80), ref bigint, phone varchar(40), flags bit(8), born date, surname varchar(60));
    insert into old.subscriber select 'free', concat('Zoë.', seq, '@subscriber.example'), 7000000000 + seq * 7919, concat('+43 1 ', 5000000 + seq * 7919), b'101', '1990-03-04', concat('O''Neil "', seq, '"') from old.seq_1_to_${people}`)
  const store = '  - { id: legacy, environment: production, kind: mysql, sweep_url: "file:legacy.url" }\ncontrollers:\n'
  const dataset = `  - id: subscribers
    controller: aria
    store: legacy
    tables:
      - table: old.subscriber
        subject: ref
        watermark: born
        columns: { ref: { category: UID, identifies: true }, mail: { category: EmailAddress, identifies: true }, phone: { category: TelephoneNumber, identifies: true }, plan: { category: Purchase } }
instructions:\n`
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('controllers:\n', store).replace('instructions:\n', dataset) })
  writeFileSync(join(world.directory, 'legacy.url'), mariadb.url)
}, 120_000)
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
  const second = await taken()
  expect(second.taken.find(({ id }) => id === 'subscribers.0')).toMatchObject({ records: people, former: people / 2 })
  const { findings } = await sweep(world.context, at)
  expect(findings.map(({ controller, records, store, place }) => [controller, records, store, place])).toEqual([['aria', people, 'share', 'copy.csv']])
})

test.skipIf(withoutMariadb)('a column that is gone, or a server that is away, is said, and what was known stays', async () => {
  runMariadb(mariadb, 'alter table old.subscriber rename column mail to contact')
  expect((await taken()).notTaken).toEqual([{ dataset: 'subscribers', because: 'old.subscriber: 1 of its columns are not there, or this account may not see them' }])
  runMariadb(mariadb, 'alter table old.subscriber rename column contact to mail')
  writeFileSync(join(world.directory, 'legacy.url'), 'mysql://nobody@127.0.0.1:1/old')
  const away = await taken()
  expect(away.notTaken).toEqual([{ dataset: 'subscribers', because: expect.stringContaining('cannot be opened') as string }])
  expect(away.taken.find(({ id }) => id === 'subscribers.0')).toMatchObject({ records: people })
})
