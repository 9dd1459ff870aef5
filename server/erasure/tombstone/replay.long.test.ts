import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { allNotices } from '#contract'
import { applyEstate, readEstate } from '#estate'
import { sweep } from '#trace'
import { allCertificates, allErasures, certify, confirmErasure, endContract, findRestored, replayErasures, reviewCertificates, runErasure, stepsOf } from '../index.ts'
import { copyMixed, createWorld, customers, estate, listeners, members, on, type World } from '../testing.ts'

let world: World
afterEach(() => world.close())

const id = 'EXIT-deezer-2016'

/** A world whose controller's contract has ended and whose fingerprints are gone; resolves to what a backup of it holds. */
async function erased({ before, between }: { before?: () => Promise<void>; between?: (copy: string) => Promise<void> } = {}): Promise<() => Promise<void>> {
  world = await createWorld({ change: (text) => text.replace(', fingerprints: { keep_until: 2023-12-01, instruction: INS-3 }', '').replaceAll('backups: none', 'backups: { expire_after_days: 30 }') })
  await copyMixed(world, 'lab_copy')
  const text = `mail,u\n${Array.from({ length: 50 }, (_, n) => `p${n + 1}@listener.example,FR${10000 + (n + 1) * 7}\n`).join('')}${Array.from({ length: 20 }, (_, n) => `p${n + 1}@customer.example,C-${10000 + (n + 1) * 7}\n`).join('')}`
  world.put('mixed.csv', text)
  const rows = async (from: 'crm' | 'lab', sql: string): Promise<string> => JSON.stringify((await world.run(from, sql)).rows)
  const [own, copy] = [await rows('crm', 'select * from crm.listener'), await rows('lab', 'select * from lab_copy')]
  await before?.()
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  if (between !== undefined) {
    await between(copy)
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  }
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  expect(await certify(world.context, id, on('2020-12-04'))).toMatchObject({ status: 'pending_backup_expiry' })
  expect(readdirSync(join(world.directory, 'fingerprints')).filter((file) => file.startsWith('listeners'))).toEqual([])
  return async () => {
    await world.run('crm', `truncate crm.listener; insert into crm.listener select * from json_populate_recordset(null::crm.listener, '${own}')`)
    await world.run('lab', `truncate lab_copy; insert into lab_copy select * from json_populate_recordset(null::lab_copy, '${copy}'); insert into lab_copy (contact) values ('new@else.example')`)
    world.put('mixed.csv', text)
  }
}

const counts = async (): Promise<unknown> => [(await world.run('crm', 'select count(*)::int as n from crm.listener')).rows[0], (await world.run('lab', 'select count(*)::int as n from lab_copy')).rows[0], readFileSync(join(world.directory, 'share/mixed.csv'), 'utf8').split('\n').length - 2]

test('who serves a store looks itself for what no search names; a reading from before the certificate takes nothing back', async () => {
  const restore = await erased()
  await restore()
  const { search } = await sweep(world.context, on('2020-12-05'))
  await world.run('crm', 'truncate crm.listener')
  const before = { searched: search.searched.filter(({ store }) => store === 'crm').map((one) => ({ ...one, readAt: on('2020-12-01') })) }
  expect([before.searched.some(({ coverage }) => coverage.rows > 0), await findRestored(world.context, before, on('2020-12-05'))]).toEqual([true, []])
  await restore()
  expect(await findRestored(world.context, { searched: [] }, on('2020-12-06'))).toEqual([])
  expect(await findRestored(world.context, { searched: [], lookIn: ['crm', 'lab', 'share'] }, on('2020-12-06'))).toEqual(['CRT-deezer-2016-1'])
  expect((await allCertificates(world.ledger.database))[0]?.invalidatedBecause).toContain(`crm: crm.listener (${listeners} rows), lab: public.lab_copy (${listeners} rows), share: mixed.csv (50 rows)`)
})

test('a restored backup is erased again without fingerprints: whole places, and of mixed ones the rows that were erased, nobody else\'s', async () => {
  const restore = await erased()
  expect(await counts()).toEqual([{ n: 0 }, { n: customers + members }, 20])
  expect(readdirSync(join(world.directory, 'tombstones')).length).toBe(2)
  await restore()
  expect(await counts()).toEqual([{ n: listeners }, { n: listeners + customers + members + 1 }, 70])
  const replayed = []
  for (const store of ['crm', 'lab', 'share']) replayed.push(...await replayErasures(world.context, { store, operator: 'eli' }, on('2020-12-10')))
  expect(replayed.map(({ place, outcome, rows }) => [place, outcome, rows])).toEqual([['crm.listener', 'erased again', listeners], ['public.lab_copy', 'erased again', listeners], ['mixed.csv', 'erased again', 50]])
  expect(await counts()).toEqual([{ n: 0 }, { n: customers + members + 1 }, 20])
  expect((await world.ledger.read(1, { types: ['erasure.replayed'] })).length).toBe(3)
  expect((await replayErasures(world.context, { store: 'lab', operator: 'eli' }, on('2020-12-11'))).map(({ outcome }) => outcome)).toEqual(['not there'])
  const { search } = await sweep(world.context, on('2020-12-12'))
  expect([await reviewCertificates(world.ledger, on('2020-12-12')), await findRestored(world.context, search, on('2020-12-12'))]).toEqual([[], []])
  // When the last backup has expired, so have the marks.
  await findRestored(world.context, search, on('2021-01-05'))
  expect(readdirSync(join(world.directory, 'tombstones'))).toEqual([])
  await expect(replayErasures(world.context, { store: 'attic', operator: 'eli' }, on('2020-12-12'))).rejects.toThrow('no store is called attic')
})

test('what a restored backup brings back and nobody erased again takes the certificate back with the next sweep', async () => {
  const restore = await erased()
  await restore()
  const { search, findings } = await sweep(world.context, on('2020-12-12'))
  expect(findings.filter(({ controller }) => controller === 'deezer'), 'nothing is known of its people any more').toEqual([])
  expect(await findRestored(world.context, search, on('2020-12-12'))).toEqual(['CRT-deezer-2016-1'])
  const [certificate] = await allCertificates(world.ledger.database)
  expect(certificate).toMatchObject({ status: 'invalidated', invalidatedBecause: expect.stringContaining(`crm: crm.listener (${listeners} rows), lab: public.lab_copy (${listeners} rows), share: mixed.csv (50 rows)`) as string })
  expect(await allErasures(world.ledger.database)).toMatchObject([{ id, state: 'reopened' }])
  expect((await allNotices(world.ledger.database)).at(-1)).toMatchObject({ controller: 'deezer', about: 'invalidated', says: expect.stringMatching(/^certificate CRT-deezer-2016-1 of 2020-12-04 no longer holds: what was erased is there again/) as string })
  expect(await findRestored(world.context, search, on('2020-12-13'))).toEqual([])
  expect(existsSync(join(world.directory, 'tombstones'))).toBe(true)
})

test('what is restored into partitions is found; the marks of every round that erased rows of a place are used', async () => {
  const partitioned = 'alter table crm.listener rename to once; create table crm.listener (like crm.once) partition by hash (user_id); create table crm.listener_0 partition of crm.listener for values with (modulus 2, remainder 0); create table crm.listener_1 partition of crm.listener for values with (modulus 2, remainder 1); insert into crm.listener select * from crm.once; drop table crm.once'
  const restore = await erased({
    before: async () => { await world.run('crm', partitioned) },
    between: async (copy) => {
      await world.run('lab', `insert into lab_copy (contact, ref, tel) select contact, ref, tel from json_populate_recordset(null::lab_copy, '${copy}') where ref like 'FR%' order by ref limit 80`)
      await sweep(world.context, on('2020-12-02'))
    },
  })
  expect((await stepsOf(world.ledger.database, id)).filter(({ place }) => place === 'public.lab_copy').map(({ round, rowsErased }) => [round, rowsErased])).toEqual([[1, listeners], [2, 80]])
  await restore()
  expect((await replayErasures(world.context, { store: 'lab', operator: 'eli' }, on('2020-12-10'))).map(({ outcome, rows }) => [outcome, rows])).toEqual([['erased again', listeners]])
  const { search } = await sweep(world.context, on('2020-12-12'))
  await findRestored(world.context, search, on('2020-12-12'))
  expect(await allCertificates(world.ledger.database)).toMatchObject([{ invalidatedBecause: expect.stringContaining(`crm: crm.listener (${listeners} rows)`) as string }])
})

test('under a new contract of the same controller its old exit erases nothing, and its certificate stays', async () => {
  const restore = await erased()
  await restore()
  const text = estate.replace(/ {2}- \{ id: deezer-2016.*\n/, '  - { id: deezer-2020, controller: deezer, starts: 2020-12-05, at_end: { choice: delete } }\n').replace(/instructions:\n.*\n/, '').replaceAll('backups: none', 'backups: { expire_after_days: 30 }')
  await applyEstate(world.ledger, readEstate(text, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2020-12-06'))
  expect((await replayErasures(world.context, { store: 'crm', operator: 'eli' }, on('2020-12-10'))).map(({ outcome }) => outcome)).toEqual(['blocked'])
  expect(await counts()).toEqual([{ n: listeners }, { n: listeners + customers + members + 1 }, 70])
  const { search } = await sweep(world.context, on('2020-12-12'))
  expect(await findRestored(world.context, search, on('2020-12-12'))).toEqual([])
})
