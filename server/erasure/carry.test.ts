import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allStores } from '#inventory'
import { openRowSearcher, takeFingerprints } from '#trace'
import { copyData, inventedTeller } from '../transfer/index.ts'
import { createTransferWorld } from '../transfer/testing.ts'
import { carryOut } from './carry.ts'
import { governedRows } from './adapter/governedRows.ts'
import { on } from './testing.ts'
import type { PlanItem } from './types.ts'

let world: Awaited<ReturnType<typeof createTransferWorld>>
beforeAll(async () => {
  const crew = '  - { id: crew, controller: chinook, store: desk, tables: [{ table: crew, subject: n, columns: { n: { category: UID, identifies: true }, mail: { category: UID, identifies: true } } }] }\n'
  world = await createTransferWorld(undefined, (text) => text.replace('controllers:\n', '  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }\ncontrollers:\n').replace('datasets:\n', `datasets:\n${crew}`))
  await takeFingerprints(world.context, on('2019-04-09'))
}, 300_000)
afterAll(() => world.close())

test('rows of a copy of a governed copy in an SQLite file take along those of its own controller that hang on them in a circle: whose a table is, is told by the controller\'s fingerprints, whatever tells the rows', async () => {
  const copy = await copyData(world.context, { instruction: 'INS-2', person: 'noa', to: 'lab' }, on('2019-04-10'))
  const rows = (await world.run('lab', `select customer_id as id, email from ${copy.places[0]!} order by email limit 12`)).rows as { id: string; email: string }[]
  const database = new DatabaseSync(join(world.directory, 'desk.db'))
  database.exec(`create table crew (n integer primary key, mail text, token text references kept (token)); create table kept (token text primary key, n integer references crew (n)); pragma foreign_keys = off; begin`)
  for (const [n, { id }] of rows.entries()) {
    database.prepare('insert into crew values (?, ?, ?)').run(n, `c${n}@crew.example`, id)
    database.prepare('insert into kept values (?, ?)').run(id, n)
  }
  database.exec('commit')
  database.close()

  const { searcher: base, records } = await openRowSearcher(world.context)
  const teller = await inventedTeller(world.ledger)
  const own = records.filter(({ controller }) => controller === 'chinook').map(({ id }) => id)
  const item: PlanItem = { number: 1, store: 'desk', environment: 'test', place: 'desk.db!/kept', what: 'found copy', method: 'delete found rows', records: 12, rows: 12, copies: [copy.id] }
  const counted: unknown[] = []
  try {
    const searcher = governedRows({ base, copies: [copy.id], teller, own })
    const erased = await carryOut({ context: world.context, searcher, targets: own, stores: await allStores(world.ledger.database) }, item, (one) => { counted.push(one); return Promise.resolve() })
    expect(erased).toMatchObject({ outcome: 'erased', rows: 12 })
    expect(counted).toEqual([expect.objectContaining({ rows: 12, along: [{ place: 'desk.db!/crew', rows: 12 }] })])
  } finally {
    await base.close()
  }
  const after = new DatabaseSync(join(world.directory, 'desk.db'), { readOnly: true })
  expect(after.prepare('select (select count(*) from crew) as crew, (select count(*) from kept) as kept').get()).toEqual({ crew: 0, kept: 0 })
  after.close()
}, 300_000)
