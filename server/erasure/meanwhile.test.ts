/** What changes between two steps of an exit, and would make *complete* say what nobody saw. */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { allStores, type Store } from '#inventory'
import { allErasures, certify, confirmErasure, endContract, eraseEnvironment, findErasure, judgeErasure, reopenErasure, runErasure, stepsOf, type Erasure } from './index.ts'
import { takeLate } from './exit.ts'
import { leadElsewhere, leadsOf, leadsPlanned } from './leads.ts'
import { createWorld, estate, listeners, listenersCsv, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
let world: World
beforeAll(async () => { world = await createWorld() })
afterAll(() => world.close())

const declare = (change: (text: string) => string, at: string): Promise<unknown> => applyEstate(world.ledger, readEstate(change(estate), 'bailee.yaml'), { checked: [], unchecked: [] }, on(at))
const run = (at: string, more: object = {}): Promise<Erasure> => runErasure(world.context, { erasure: id, operator: 'eli', ...more }, on(at))
const obstacles = async (erasure: Erasure): Promise<string[]> => judgeErasure(erasure, await stepsOf(world.ledger.database, id), await allStores(world.ledger.database)).obstacles.map(({ store, place, because }) => `${store}:${place} ${because}`)
const moved = (text: string): string => text.replace('path: share,', 'path: elsewhere,')
const asItWas = (text: string): string => moved(text).replace('controllers:\n', '  - { id: share-of-old, environment: test, kind: files, path: share, backups: none }\ncontrollers:\n')

test('what could not be taken at the end is taken before it is erased; a store that leads elsewhere since the plan was not searched again, until where it led is declared; a contract that begins meanwhile stops who erases', async () => {
  await world.run('crm', 'alter table crm.listener rename to away')
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  await world.run('crm', `alter table crm.away rename to listener; insert into crm.listener select 'L-' || (90000 + i * 7), 'late' || i || '@listener.example', '+39 02 ' || (660000000 + i * 7919), 'free' from generate_series(1, 40) i`)
  world.put('late.csv', ((await world.run('crm', `select email, phone from crm.listener where user_id like 'L-%'`)).rows as { email: string; phone: string }[]).map(({ email, phone }) => `${email},${phone}\n`).join(''))
  world.put('old.csv', await listenersCsv(world))

  // Nobody could read the table when the contract ended: who came last is known by what is taken before the plan, and so is the copy of them.
  const handed = await run('2020-12-02', { hand: () => Promise.resolve() })
  expect(handed.plan?.items.map(({ place, records }) => [place, records]).sort()).toEqual([['crm.listener', listeners + 40], ['late.csv', 40], ['old.csv', listeners + 40]])
  expect(handed.plan).not.toHaveProperty('not_taken')

  // Whoever serves an environment comes to it days later.
  await declare((text) => text.replace('\ndatasets:', '\n  - { id: deezer-2020, controller: deezer, starts: 2020-12-02 }\ndatasets:'), '2020-12-02')
  await expect(eraseEnvironment(world.context, { erasure: id, environment: 'production', look: undefined }, on('2020-12-03'))).rejects.toMatchObject({ code: 'erasure/other-contract' })
  expect(Number(((await world.run('crm', 'select count(*) as n from crm.listener')).rows[0] as { n: string }).n)).toBe(listeners + 40)
  await endContract(world.context, { contract: 'deezer-2020', terminated: true }, on('2020-12-03'))

  // The store is declared as another folder: nothing of the plan is there, and nothing is found.
  await declare(moved, '2020-12-03')
  world.put('../elsewhere/other.txt', 'nothing of anybody')
  const first = await run('2020-12-04')
  expect([first.again?.residual, existsSync(join(world.directory, 'share/old.csv'))]).toEqual([0, true])
  expect(await obstacles(first)).toEqual([expect.stringMatching(/^share:[*] it led elsewhere when this was planned/)])
  const again = await run('2020-12-05')
  expect(await obstacles(again), 'planned anew, it is not forgotten').toEqual([expect.stringMatching(/^share:[*] it led elsewhere/)])
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-06'))
  await expect(certify(world.context, id, on('2020-12-04')), 'a clock that went back').rejects.toMatchObject({ code: 'erasure/clock' })
  expect((await certify(world.context, id, on('2020-12-07'))).status).toBe('partial')
  await declare(asItWas, '2020-12-07')
  await reopenErasure(world.ledger, { erasure: id, by: 'dana', because: 'it is declared' }, on('2020-12-07'))

  // Searched, and confirmed, by what did not look for copies of governed copies: the run says so, and plans anew where somebody can.
  const unable = { ...world.context }
  delete (unable as { governed?: unknown }).governed
  const unseen = await runErasure(unable, { erasure: id, operator: 'eli' }, on('2020-12-08'))
  expect(await obstacles(unseen)).toEqual([expect.stringMatching(/nobody looked for them.*run EXIT-deezer-2016 again before it is certified/)])
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-08'))
  expect((await runErasure(unable, { erasure: id, operator: 'eli' }, on('2020-12-09'))).state, 'nothing is to be gained here').toBe('confirmed')
  const last = await run('2020-12-09')
  expect([last.state, last.again?.governed?.copies, last.plan?.round, await obstacles(last)]).toEqual(['searched_again', 0, 4, []])
  expect([existsSync(join(world.directory, 'share/old.csv')), existsSync(join(world.directory, 'share/late.csv'))]).toEqual([false, false])
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-10'))
  expect((await certify(world.context, id, on('2020-12-10'))).status).toBe('complete')
  expect(await findErasure(world.ledger, id)).toMatchObject({ state: 'certified' })
}, 60_000)

test('what could not be read for a plan is taken for a later one, as long as nothing was erased in its store', async () => {
  const left = (store: string, dataset: string) => ({ store, dataset, because: 'it was away' })
  const late = (exit: string, controller: string, ...not_taken: object[]) => takeLate(world.context, { id: exit, slot: 0, controller, plan: { leads: [], not_taken } } as never, on('2020-12-31'))
  const [url, away] = [join(world.directory, 'shop-sweep.url'), join(world.directory, 'shop-sweep.away')]
  renameSync(url, away)
  expect(await late('EXIT-chinook-2017', 'chinook', left('shop', 'customers'))).toMatchObject([{ dataset: 'customers', because: expect.not.stringMatching('it was away') as string }])
  renameSync(away, url)
  expect(await late('EXIT-chinook-2017', 'chinook', left('shop', 'customers'), left('shop', 'gone'))).toEqual([left('shop', 'gone')])
  expect(await late(id, 'deezer', left('crm', 'listeners')), 'whoever was in it is erased').toEqual([left('crm', 'listeners')])
}, 60_000)

test('what still cannot be taken before the plan keeps it from being complete, also when it is run again', async () => {
  await world.run('shop', 'alter table public.customer rename to away')
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2021-01-01'))
  const other = { erasure: 'EXIT-chinook-2017', operator: 'eli' }
  for (const at of ['2021-01-02', '2021-01-03']) {
    const erasure = await runErasure(world.context, other, on(at))
    expect(erasure.plan?.not_taken).toEqual([{ store: 'shop', dataset: 'customers', because: expect.any(String) as string }])
    const verdict = judgeErasure(erasure, await stepsOf(world.ledger.database, erasure.id), await allStores(world.ledger.database))
    expect([verdict.status, verdict.obstacles.some(({ because }) => /people of customers who came last are not known/.test(because))]).toEqual(['partial', true])
  }
  expect((await allErasures(world.ledger.database)).length).toBe(3)
}, 60_000)

test('a store leads where its references lead, whatever it is called; where nobody can tell, nothing is said', () => {
  const store = (more: Partial<Store>): Store => ({ id: 'one', environment: 'test', kind: 'postgres', declared: { sweep_url: 'env:URL' }, ...more } as Store)
  const lead = (one: Store, url: string, environments?: readonly string[]) => leadsOf({ references: { environment: { URL: url }, directory: '/d' }, environments }, [one])[0]!
  const [here, there] = ['postgresql://a:b@db.example:5432/crm', 'postgresql://db2.example:5432/crm']
  expect(lead(store({}), here).to).toMatch(/^[0-9a-f]{16}$/)
  expect(lead(store({ id: 'two' }), 'postgresql://c@db.example:5432/crm').to, 'another account of the same database').toBe(lead(store({}), here).to)
  expect(lead(store({}), there).to).not.toBe(lead(store({}), here).to)
  expect(lead(store({}), here, ['production']).to).toBeNull()
  const plan = { leads: [lead(store({}), here)] } as never
  const again = (...leads: object[]) => ({ leads }) as never
  expect(leadElsewhere({ plan, again: again(lead(store({}), there)) })).toMatchObject([{ store: 'one', place: '*' }])
  expect(leadElsewhere({ plan, again: again(lead(store({}), there), lead(store({ id: 'old' }), here)) })).toEqual([])
  expect(leadElsewhere({ plan, again: again({ store: 'one', to: null }) })).toEqual([])
  expect(leadElsewhere({ plan, again: {} as never }), 'searched before this was kept').toEqual([])
  expect(leadsPlanned([lead(store({}), there)], { plan, again: again(lead(store({}), there)) })).toHaveLength(2)
  expect(leadsPlanned([lead(store({}), there)], { plan, again: again(lead(store({}), here)) }), 'it was searched there since').toHaveLength(1)
})
