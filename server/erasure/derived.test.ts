import { afterEach, expect, test } from 'vitest'
import { allDatasets, allDerived, derivedDraft } from '#inventory'
import { coveredAt, matchesOf, sweep } from '#trace'
import { endContract, findErasure, runErasure, stepsOf } from './index.ts'
import { createWorld, customers, on, type World } from './testing.ts'

let world: World | undefined
afterEach(async () => { await world?.close(); world = undefined })

const place = 'der_ins_3_0123456789ab.by_mail'
const counts = 'der_ins_3_0123456789ab.counts'

/** A world in which sessions under INS-3 have derived two tables: one of a hundred people, one of nobody. */
async function withResults(): Promise<World> {
  world = await createWorld()
  await world.run('crm', 'create schema der_ins_3_0123456789ab')
  await world.run('crm', `create table ${place} as select user_id, email from crm.listener order by 1 limit 100`)
  await world.run('crm', `create table ${counts} as select plan, count(*) from crm.listener group by plan`)
  const own = { slot: 1, controller: 'deezer', contract: 'deezer-2016', instruction: 'INS-3', store: 'crm', from: ['listeners'], person: 'noa', session: 's-1' }
  await world.ledger.append([derivedDraft({ ...own, place, columns: ['user_id', 'email'] }, on('2019-04-02')), derivedDraft({ ...own, place: counts, columns: ['plan', 'count'] }, on('2019-04-02'))])
  return world
}

test('a sweep knows what was derived, and finds other people in it, and the same table where no instruction covers it', async () => {
  const { context, run } = await withResults()
  const first = await sweep(context, on('2019-04-03'))
  expect(first.findings).toEqual([])
  expect(first.known).toMatchObject([{ controller: 'deezer', store: 'crm', place, records: 100, rows: 100, instruction: 'INS-3' }])
  const { rows } = await run('shop', 'select customer_id, email from public.customer') as { rows: { customer_id: string; email: string }[] }
  await run('crm', `insert into ${place} values ${rows.map((row) => `('${row.customer_id}', '${row.email}')`).join(',')}`)
  const second = await sweep(context, on('2019-04-04'))
  expect(second.findings).toMatchObject([{ controller: 'chinook', store: 'crm', place, records: customers }])
  expect(second.known).toMatchObject([{ controller: 'deezer', place }])
  const datasets = await allDatasets(context.ledger.database)
  const over = matchesOf(first.search, datasets, await coveredAt(context, on('2023-12-02'))) // when its instruction is over
  expect(over.filter(({ own }) => !own)).toMatchObject([{ controller: 'deezer', place, records: 100 }])
})

test('of another controller in one column alone, people count where they are more than its own', async () => {
  const { context, run } = await withResults()
  const { rows } = await run('shop', 'select email from public.customer') as { rows: { email: string }[] }
  await run('crm', `delete from ${place}`)
  await run('crm', `insert into ${place} (email) values ${rows.map((row) => `('${row.email}')`).join(',')}`)
  expect((await sweep(context, on('2019-04-03'))).findings).toMatchObject([{ controller: 'chinook', place }])
})

test('the end of the contract drops what was derived, also where it holds nobody, with the steps of any other table', async () => {
  const { context, ledger, run } = await withResults()
  await endContract(context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  await runErasure(context, { erasure: 'EXIT-deezer-2016', operator: 'eli' }, on('2020-12-02'))
  const erasure = await findErasure(ledger, 'EXIT-deezer-2016')
  expect(erasure).toMatchObject({ state: 'searched_again', again: { residual: 0, places: [] } })
  expect(erasure.plan?.items.map(({ what, method, place: where, records }) => [what, method, where, records])).toEqual([
    ['dataset', 'truncate', 'crm.listener', 300], ['derived dataset', 'drop', place, 100], ['derived dataset', 'drop', counts, 0],
  ])
  expect((await stepsOf(ledger.database, erasure.id)).map((step) => [step.place, step.state, step.rowsFound, step.rowsErased])).toEqual([['crm.listener', 'done', 300, 300], [place, 'done', 100, 100], [counts, 'done', 1, 1]])
  expect((await run('crm', 'select from pg_tables where schemaname like \'der%\'')).rowCount).toBe(0)
  expect((await allDerived(ledger.database)).map(({ droppedAt }) => droppedAt)).toEqual([on('2020-12-02'), on('2020-12-02')])
  expect((await ledger.read(1)).filter(({ type }) => type === 'dataset.dropped')).toHaveLength(2)
})
