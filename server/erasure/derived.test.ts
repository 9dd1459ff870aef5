import { afterEach, expect, test } from 'vitest'
import { allDatasets, allDerived, allStores, derivedDraft } from '#inventory'
import { coveredAt, matchesOf, sweep } from '#trace'
import { judgeErasure, endContract, findErasure, runErasure, stepsOf, type LookAtResults } from './index.ts'
import { createWorld, customers, on, type World } from './testing.ts'

let world: World | undefined
afterEach(async () => { await world?.close(); world = undefined })

const place = 'der_ins_3_0123456789ab.by_mail'
const counts = 'der_ins_3_0123456789ab.counts'

/** A world in which sessions under INS-3 have derived two tables: one of a hundred people, one of nobody. */
async function withResults(from = ['listeners']): Promise<World> {
  world = await createWorld()
  await world.run('crm', 'create schema der_ins_3_0123456789ab')
  await world.run('crm', `create table ${place} as select user_id, email from crm.listener order by 1 limit 100`)
  await world.run('crm', `create table ${counts} as select plan, count(*) from crm.listener group by plan`)
  const own = { slot: 1, controller: 'deezer', contract: 'deezer-2016', instruction: 'INS-3', store: 'crm', from, person: 'noa', session: 's-1' }
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

test('of another controller in one column alone, people count, however few beside its own', async () => {
  const { context, run } = await withResults()
  const { rows } = await run('shop', 'select email from public.customer limit 5') as { rows: { email: string }[] }
  await run('crm', `insert into ${place} (email) values ${rows.map((row) => `('${row.email}')`).join(',')}`)
  expect((await sweep(context, on('2019-04-03'))).findings).toMatchObject([{ controller: 'chinook', place, records: 5 }])
})

test('people of a dataset of the same controller that it was not derived from are a finding', async () => {
  const { context } = await withResults(['orders'])
  expect(await sweep(context, on('2019-04-03'))).toMatchObject({ findings: [{ controller: 'deezer', place, records: 100 }], known: [] })
})

test('when the contract has ended, what was derived is a finding, whatever its instruction says', async () => {
  const { context } = await withResults()
  await endContract(context, { contract: 'deezer-2016', terminated: true }, on('2019-05-01'))
  expect(await sweep(context, on('2019-05-02'))).toMatchObject({ findings: [{ controller: 'deezer', place, records: 100 }], known: [] })
})

test('the exit looks before it plans and before it searches again; what it could not see, or is not known to be gone, keeps it from being complete', async () => {
  const { context, ledger, run } = await withResults()
  await endContract(context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const late = 'der_ins_3_0123456789ab.late'
  await run('crm', `create table ${late} as select 1 as n`)
  const looks: boolean[] = []
  const look: LookAtResults = async (at) => {
    looks.push((await findErasure(ledger, 'EXIT-deezer-2016')).plan === null)
    const place = looks.length === 1 ? late : 'der_ins_3_0123456789ab.later' // the second is recorded after the plan, and stays
    await ledger.append(derivedDraft({ slot: 1, controller: 'deezer', contract: 'deezer-2016', instruction: 'INS-3', store: 'crm', from: ['listeners'], person: null, session: null, place, columns: ['n'] }, at))
    return { notSeen: looks.length === 1 ? [] : [{ store: 'lab', because: 'it is away' }] }
  }
  const erasure = await runErasure(context, { erasure: 'EXIT-deezer-2016', operator: 'eli', look }, on('2020-12-02'))
  expect(looks).toEqual([true, false])
  expect(erasure.plan?.items.map((item) => item.place)).toContain(late)
  const { status, obstacles } = judgeErasure(erasure, await stepsOf(ledger.database, erasure.id), await allStores(ledger.database))
  expect([status, obstacles]).toEqual(['partial', [
    { store: 'crm', place: 'der_ins_3_0123456789ab.later', because: 'it was derived under INS-3 and is not known to be gone' }, { store: 'lab', place: 'results of derive', because: 'not seen: it is away' },
  ]])
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
