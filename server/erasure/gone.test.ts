import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { allStores } from '#inventory'
import { endContract, judgeErasure, runErasure, stepsOf, type Erasure } from './index.ts'
import { createWorld, listeners, on } from './testing.ts'

const id = 'EXIT-deezer-2016'
const uid = '{ category: UID, identifies: true }'
const declared = `datasets:
  - { id: buyers, controller: deezer, store: lab, tables: [{ table: lab.shared, subject: person, separation: shared_table, rows: "client = 'deezer'", columns: { person: ${uid}, email: ${uid} } }] }
`

test('a place that the second search names only in part (a table of an SQLite file, a table with partitions) is not gone: rows of nobody in it stay in the way until it is', async () => {
  const world = await createWorld({ change: (text) => text.replace('controllers:\n', '  - { id: desk, environment: production, kind: sqlite, path: desk.db, backups: none }\ncontrollers:\n').replace('datasets:\n', declared) })
  try {
    await world.run('lab', `create schema lab; create table lab.shared (client text, person text, email text) partition by list (client);
      create table lab.shared_deezer partition of lab.shared for values in ('deezer'); create table lab.shared_rest partition of lab.shared default;
      insert into lab.shared select 'deezer', 'B' || i, 'b' || i || '@buyer.example' from generate_series(1, 20) i; insert into lab.shared values ('who', 'X1', 'x1@else.example'), (null, 'X2', 'x2@else.example')`)
    const { rows } = await world.run('crm', 'select user_id, email, phone from crm.listener')
    const database = new DatabaseSync(join(world.directory, 'desk.db'))
    database.exec('create table backup_2018 (u text, m text, t text); create table kept (n integer)')
    for (const row of rows as { user_id: string; email: string; phone: string }[]) database.prepare('insert into backup_2018 values (?, ?, ?)').run(row.user_id, row.email, row.phone)
    for (let at = 0; at < 5; at += 1) database.prepare('insert into backup_2018 values (?, ?, ?)').run(`X${at}`, `nobody${at}@else.example`, `+1 555 ${at}`)
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    const obstacles = async (erasure: Erasure): Promise<string[]> => judgeErasure(erasure, await stepsOf(world.ledger.database, id), await allStores(world.ledger.database)).obstacles.map(({ store, place, because }) => `${store}:${place} ${because}`).sort()
    const run = async (at: string): Promise<Erasure> => runErasure(world.context, { erasure: id, operator: 'eli' }, on(at))
    const erased = await run('2020-12-02')
    expect((await stepsOf(world.ledger.database, id)).filter(({ store }) => store !== 'crm').map(({ place, state, rowsErased }) => `${place} ${state} ${rowsErased}`).sort()).toEqual([`desk.db!/backup_2018 done ${listeners}`, 'lab.shared done 20', 'lab.shared_deezer done 0'])
    expect(await obstacles(erased)).toEqual(expect.arrayContaining(['desk:desk.db!/backup_2018 5 rows whose owner is unknown', 'lab:lab.shared 2 rows whose owner is unknown']))
    database.exec('drop table backup_2018')
    database.close()
    await world.run('lab', 'drop table lab.shared')
    expect((await obstacles(await run('2020-12-03'))).filter((one) => one.includes('unknown'))).toEqual([])
  } finally {
    await world.close()
  }
}, 300_000)
