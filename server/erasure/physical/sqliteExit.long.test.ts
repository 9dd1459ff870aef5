import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { endContract, runErasure } from '../index.ts'
import { physicalChecksOf } from '../store.ts'
import { createWorld, listeners, on } from '../testing.ts'
import { hindrancesOf } from './judge.ts'
import type { Performed } from './types.ts'

const id = 'EXIT-deezer-2016'

test('a copy found in an SQLite file is erased, its file cleared and searched', async () => {
  const world = await createWorld({ change: (text) => text.replace('controllers:\n', '  - { id: notebook, environment: test, kind: sqlite, path: notebook.db, backups: none }\ncontrollers:\n') })
  try {
    const database = new DatabaseSync(join(world.directory, 'notebook.db'))
    database.exec('pragma journal_mode = wal; create table copied (mail text, reference text, telephone text)')
    const { rows } = await world.run('crm', 'select email, user_id, phone from crm.listener')
    for (const row of rows as { email: string; user_id: string; phone: string }[]) database.prepare('insert into copied values (?, ?, ?)').run(row.email, row.user_id, row.phone)
    database.close()
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    expect(await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))).toMatchObject({ state: 'searched_again', again: { residual: 0 } })
    const checked = (await physicalChecksOf(world.ledger.database, id)).at(-1)?.outcome as Performed
    expect(checked).toMatchObject({ store: 'notebook', performed: true, hindrances: [] })
    expect(checked.values).toBeGreaterThanOrEqual(2 * listeners)
    expect(checked.kinds.find(({ kind }) => kind === 'database')).toMatchObject({ standing: 'clear', control: 'seen', values_before: checked.values, values_after: 0 })
    expect(hindrancesOf(checked)).toEqual([])
  } finally {
    await world.close()
  }
}, 300_000)
