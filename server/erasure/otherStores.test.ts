import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeFingerprints } from '#trace'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { certify, confirmErasure, endContract, runErasure, stepsOf } from './index.ts'
import { createWorld, customers, listeners, on, type World } from './testing.ts'

interface Person { readonly id: string; readonly email: string; readonly phone: string }

const id = 'EXIT-deezer-2016'
let server: OtherServer
let world: World

beforeAll(async () => {
  if (withoutMariadb) return
  server = await startMariadb()
  const declared = `  - { id: legacy, environment: test, kind: mysql, sweep_url: "file:legacy.url", erase_url: "file:legacy.url", backups: none }
  - { id: desk, environment: production, kind: sqlite, path: desk.db, backups: none }
controllers:\n`
  const subscribers = `datasets:
  - { id: subscribers, controller: deezer, store: desk, tables: [{ table: subscriber, subject: id, columns: { id: { category: UID, identifies: true }, email: { category: UID, identifies: true }, phone: { category: UID, identifies: true } } }] }
`
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('controllers:\n', declared).replace('datasets:\n', subscribers) })
  writeFileSync(join(world.directory, 'legacy.url'), server.url)
  const people = (await world.run('crm', 'select user_id as id, email, phone from crm.listener')).rows as Person[]
  const others = (await world.run('shop', 'select customer_id as id, email, phone from public.customer')).rows as Person[]
  runMariadb(server, `create database old; create table old.people (n int primary key auto_increment, a varchar(40), b varchar(60), c varchar(40)); insert into old.people (a, b, c) values ${[...people, ...others].map((row) => `('${row.id}', '${row.email.toUpperCase()}', '${row.phone}')`).join(',')};
    create table old.visit (n int primary key auto_increment, person int not null, seen date, foreign key (person) references old.people (n)); insert into old.visit (person, seen) select n, '2018-01-01' from old.people`)
  const database = new DatabaseSync(join(world.directory, 'desk.db'))
  database.exec('create table subscriber (id text primary key, email text, phone text); create table backup_2018 (u text, m text, t text); begin')
  for (let at = 0; at < 40; at += 1) database.prepare('insert into subscriber values (?, ?, ?)').run(`S-${at}`, `s${at}@subscriber.example`, `+49 30 ${5_000_000 + at * 7919}`)
  for (const row of [...people, ...others]) database.prepare('insert into backup_2018 values (?, ?, ?)').run(row.id, row.email, row.phone)
  database.exec('commit')
  database.close()
  await takeFingerprints(world.context, on('2019-04-01'))
}, 300_000)
afterAll(async () => {
  if (withoutMariadb) return
  await world.close()
  await server.stop()
})

test.skipIf(withoutMariadb)('a dataset and copies in SQLite and MariaDB (Debian package mariadb-server) are erased to a complete certificate; others\' rows stay', async () => {
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erased = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  expect(erased).toMatchObject({ state: 'searched_again', plan: { blocked: [] }, again: { residual: 0, places: [], unsearched: [] } })
  expect((await stepsOf(world.ledger.database, id)).map((step) => `${step.store}:${step.place} ${step.method} ${step.state} ${step.rowsErased}/${step.rowsFound}`).sort()).toEqual([
    `crm:crm.listener truncate done ${listeners}/${listeners}`, `desk:desk.db!/backup_2018 delete found rows done ${listeners}/${listeners}`, 'desk:desk.db!/subscriber truncate done 40/40', `legacy:old.people delete found rows done ${listeners}/${listeners}`,
  ])
  expect((await stepsOf(world.ledger.database, id)).find(({ place }) => place === 'old.people')?.detail.along).toEqual([{ place: 'old.visit', rows: listeners }])
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  expect(await certify(world.context, id, on('2020-12-04'))).toMatchObject({ status: 'complete' })
  expect(runMariadb(server, 'select count(*) from old.people union all select count(*) from old.visit').trim().split('\n')).toEqual([String(customers), String(customers)])
  const database = new DatabaseSync(join(world.directory, 'desk.db'), { readOnly: true })
  expect(database.prepare('select (select count(*) from subscriber) as own, (select count(*) from backup_2018) as kept').get()).toEqual({ own: 0, kept: customers })
  database.close()
  expect(readFileSync(join(world.directory, 'desk.db')).toString('latin1')).not.toMatch(/listener\.example|subscriber\.example/)
})
