/** What changes between two steps of an exit, and would make *complete* say what nobody saw. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseEnvelope } from '@bailee/verifier'
import { applyEstate, readEstate } from '#estate'
import { allStores, leadOf, type Store } from '#inventory'
import { allErasures, certificatePaper, certify, confirmAddress, confirmErasure, endContract, eraseEnvironment, findErasure, judgeErasure, reopenErasure, runErasure, stateAddress, stepsOf, type Erasure } from './index.ts'
import { sweep, sweepInvented } from '#trace'
import { addressesTold } from './address.ts'
import { takeBeforeErasing, takeLate } from './exit.ts'
import { leadElsewhere, leadsAgain, leadsOfPlan, leadsPlanned } from './leads.ts'
import { createWorld, estate as declared, listeners, listenersCsv, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
let world: World
const estate = declared.replace('{ id: aria-2017, controller: aria, starts: 2017-01-01 }', '{ id: aria-2017, controller: aria, starts: 2017-01-01, at_end: { choice: delete } }')
beforeAll(async () => { world = await createWorld({ change: () => estate }) })
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
}, 300_000)

test('what could not be read for a plan is taken for a later one, as long as nothing was erased in its store', async () => {
  const left = (store: string, dataset: string) => ({ store, dataset, because: 'it was away' })
  const late = (exit: string, controller: string, ...not_taken: object[]) => takeLate(world.context, { id: exit, slot: 0, controller, plan: { leads: [], not_taken } } as never, on('2020-12-31'))
  const [url, away] = [join(world.directory, 'shop-sweep.url'), join(world.directory, 'shop-sweep.away')]
  renameSync(url, away)
  expect(await late('EXIT-chinook-2017', 'chinook', left('shop', 'customers'))).toMatchObject([{ dataset: 'customers', because: expect.not.stringMatching('it was away') as string }])
  renameSync(away, url)
  expect(await late('EXIT-chinook-2017', 'chinook', left('shop', 'customers'), left('shop', 'gone'))).toEqual([left('shop', 'gone')])
  expect(await late(id, 'deezer', left('crm', 'listeners')), 'whoever was in it is erased').toEqual([left('crm', 'listeners')])
}, 300_000)

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
}, 300_000)

test('a store leads where its references lead, whatever it is called; where nobody can tell, nothing is said', async () => {
  const store = (more: Partial<Store>): Store => ({ id: 'one', environment: 'test', kind: 'mysql', declared: { sweep_url: 'env:URL' }, ...more } as Store)
  const lead = (one: Store, url: string, served?: boolean) => leadOf(one, { environment: { URL: url }, directory: '/d' }, served)
  const [here, there] = ['mysql://a:b@db.example:3306/crm', 'mysql://db2.example:3306/crm']
  const [one, other] = [await lead(store({}), here), await lead(store({}), there)]
  expect(one.to).toMatch(/^[0-9a-f]{16}$/)
  expect((await lead(store({ id: 'two' }), 'mysql://c@db.example:3306/crm')).to, 'another account of the same database').toBe(one.to)
  expect(other.to).not.toBe(one.to)
  expect((await lead(store({}), here, false)).to).toBeNull()
  const plan = { leads: [one] } as never
  const again = (...leads: object[]) => ({ leads }) as never
  expect(leadElsewhere({ plan, again: again(other) })).toMatchObject([{ store: 'one', place: '*' }])
  expect(leadElsewhere({ plan, again: again(other, { ...one, store: 'old' }) })).toEqual([])
  expect(leadElsewhere({ plan, again: again({ store: 'one', to: null }) })).toEqual([])
  expect(leadElsewhere({ plan, again: {} as never }), 'searched before this was kept').toEqual([])
  expect(leadsPlanned([other], { plan, again: again(other) })).toHaveLength(2)
  expect(leadsPlanned([other], { plan, again: again(one) }), 'it was searched there since').toHaveLength(1)
  // Changed while it was searched: a plan demands both, and a search after erasing shows neither.
  expect(leadsOfPlan({ before: [one], after: [other] })).toEqual([one, other])
  expect(leadsAgain({ before: [one], after: [other] })).toEqual([])
  expect(leadsAgain({ before: [one], after: [one] })).toEqual([one])
})

const other = 'EXIT-aria-2017'
const runOther = (at: string, operator = 'eli'): Promise<Erasure> => runErasure(world.context, { erasure: other, operator }, on(at))
const inTheWay = async (erasure: Erasure): Promise<string[]> => judgeErasure(erasure, await stepsOf(world.ledger.database, erasure.id), await allStores(world.ledger.database)).obstacles.map(({ store, place, because }) => `${store}:${place} ${because}`)
const elsewhere = (folder: string) => (text: string): string => text.replace('path: share,', `path: ${folder},`)

/** Plans, and leaves the erasing to others. */
const plan = (at: string): Promise<Erasure> => runErasure(world.context, { erasure: other, operator: 'eli', hand: () => Promise.resolve() }, on(at))

/** Certified, whatever came of it, and open again. */
async function reopened(at: string): Promise<void> {
  await confirmErasure(world.ledger, { erasure: other, by: 'dana' }, on(at))
  await world.ledger.append({ slot: 3, type: 'erasure.certified', at: on(at), parts: { evidence: { erasure: other } } })
  await reopenErasure(world.ledger, { erasure: other, by: 'noa', because: 'to look again' }, on(at))
}

test('a store that could not be read for the plan, and can be before it is erased, is taken then, and nothing stands in the way', async () => {
  await declare(elsewhere('members'), '2021-01-31')
  world.put('../members/here.txt', 'nothing of anybody')
  await world.run('crm', 'reset role; alter database shop allow_connections false; set role eraser')
  await endContract(world.context, { contract: 'aria-2017', terminated: true }, on('2021-02-01'))
  expect((await plan('2021-02-02')).plan?.not_taken).toMatchObject([{ store: 'shop', dataset: 'members' }])
  // Whoever serves the environment comes to it when the store is back; what came last is known by then, copies of it too.
  await world.run('crm', 'reset role; alter database shop allow_connections true; set role eraser')
  await world.run('shop', `insert into public.member select 'L-' || (90000 + i * 7), 'late' || i || '@member.example', '+39 02 ' || (770000000 + i * 7919), 'free' from generate_series(1, 30) i`)
  const late = (await world.run('shop', `select email, phone from public.member where member_id like 'L-%'`)).rows as { email: string; phone: string }[]
  world.put('../members/late.csv', late.map(({ email, phone }) => `${email},${phone}\n`).join(''))
  const erased = await runOther('2021-02-03')
  expect(erased.plan).not.toHaveProperty('not_taken')
  expect([erased.again?.residual, erased.again?.places.map(({ place }) => place)], 'found by what was taken before anything was erased').toEqual([30, ['late.csv']])
  const again = await runOther('2021-02-04')
  expect([again.again?.residual, await inTheWay(again)]).toEqual([0, []])
}, 300_000)

test('a folder that was renamed says itself that it is the same; another one under its name, that it is another', async () => {
  const at = (name: string): string => join(world.directory, name)
  await reopened('2021-02-05')
  await plan('2021-02-06')
  renameSync(at('members'), at('renamed'))
  await declare(elsewhere('renamed'), '2021-02-07')
  const moved = await runOther('2021-02-08')
  const addressOf = (leads: readonly { store: string; to: string | null }[] | undefined): string | null | undefined => leads?.find(({ store }) => store === 'share')?.to
  expect(addressOf(moved.plan?.leads)).not.toBe(addressOf(moved.again?.leads))
  expect(await inTheWay(moved), 'its address is another, and the place the same').toEqual([])

  // The folder is not mounted: there is an empty one under its name.
  await reopened('2021-02-09')
  await plan('2021-02-10')
  renameSync(at('renamed'), at('away'))
  mkdirSync(at('renamed'))
  writeFileSync(at('renamed/passing'), '')
  rmSync(at('renamed/passing'))
  const unmounted = await inTheWay(await runOther('2021-02-11'))
  expect(unmounted).toContainEqual(expect.stringMatching(/^share:[*] not searched: the folder is empty, and is another than the one in which files were: is it mounted/))
  expect(unmounted).toContainEqual(expect.stringMatching(/^share:[*] it led elsewhere when this was planned/))
  const told = await sweepInvented(world.context, on('2021-02-11'), { teller: await world.context.governed!(), stores: ['share'] })
  expect(told.notRead, 'nor is anything of governed copies known to be gone').toContainEqual(expect.objectContaining({ store: 'share', because: expect.stringContaining('is it mounted') as string }))
  // A file of its own lies in the mount point: it is another folder all the same, in which nothing is known to be gone.
  writeFileSync(at('renamed/lost.txt'), 'nothing of anybody')
  const besides = await inTheWay(await runOther('2021-02-11'))
  expect(besides).toContainEqual(expect.stringMatching(/^share:[*] not searched: the folder is another than the one in which files were, and most of these are not in it: is it mounted/))
  expect((await sweep(world.context, on('2021-02-11'), { stores: ['share'] })).coverage, 'and a sweep does not take it for the one that it knew').toContainEqual(expect.objectContaining({ store: 'share', not_read: [expect.objectContaining({ place: '*' })] }))
  expect((await sweep(world.context, on('2021-02-11'), { stores: ['share'] })).coverage.find(({ store }) => store === 'share')?.not_read, 'nor does the next').toHaveLength(1)
  renameSync(at('renamed'), at('empty'))
  renameSync(at('away'), at('renamed'))
  expect(await inTheWay(await runOther('2021-02-12'))).toEqual([])
}, 300_000)

test('where an address is gone for good, two people state it: that is recorded, said as stated, and no more than partial', async () => {
  await reopened('2021-03-03')
  await plan('2021-03-04')
  world.put('../third/here.txt', 'nothing of anybody')
  await declare(elsewhere('third'), '2021-03-05')
  const stating = { erasure: other, store: 'share', says: 'gone', because: 'the disk was shredded, protocol 17', by: 'eli' } as const
  await expect(stateAddress(world.ledger, stating, on('2021-03-05')), 'before it was searched again').rejects.toMatchObject({ code: 'erasure/address-known' })
  const lost = await runOther('2021-03-06')
  expect(await inTheWay(lost)).toEqual([expect.stringMatching(/^share:[*] it led elsewhere when this was planned.*bailee erasure address/)])
  await expect(stateAddress(world.ledger, { ...stating, store: 'crm' }, on('2021-03-06'))).rejects.toMatchObject({ code: 'erasure/address-known' })
  await expect(confirmAddress(world.ledger, { ...stating, by: 'dana' }, on('2021-03-06')), 'nothing is stated yet').rejects.toMatchObject({ code: 'erasure/address' })
  await stateAddress(world.ledger, stating, on('2021-03-06'))
  await expect(confirmAddress(world.ledger, stating, on('2021-03-06'))).rejects.toMatchObject({ code: 'erasure/second-person' })
  await expect(stateAddress(world.ledger, { ...stating, because: ' ' }, on('2021-03-06'))).rejects.toMatchObject({ name: 'Misuse' })
  expect((await inTheWay(await findErasure(world.ledger, other)))[0], 'one person states nothing').toMatch(/it led elsewhere/)
  expect(await confirmAddress(world.ledger, { ...stating, by: 'dana' }, on('2021-03-07'))).toMatchObject({ says: 'gone', statedBy: 'eli', confirmedBy: 'dana' })
  const settled = await findErasure(world.ledger, other)
  expect(await inTheWay(settled)).toEqual([expect.stringMatching(/^share:[*] where it led when this was planned is gone [(]stated by eli, confirmed by dana on 2021-03-07: the disk was shredded, protocol 17[)]; stated, not verified/)])
  expect((await runOther('2021-03-08')).plan?.round, 'nothing else is to be found by running it again').toBe(settled.plan?.round)
  await confirmErasure(world.ledger, { erasure: other, by: 'dana' }, on('2021-03-08'))
  const certificate = await certify(world.context, other, on('2021-03-09'))
  const document = JSON.parse(Buffer.from(parseEnvelope(certificate.envelope).payload).toString()) as object
  expect([certificate.status, document]).toEqual(['partial', expect.objectContaining({ addresses: [{ store: 'share', says: 'gone', because: 'the disk was shredded, protocol 17', stated_by: 'eli', stated: '2021-03-06T00:00:00Z', confirmed_by: 'dana', confirmed: '2021-03-07T00:00:00Z', standing: 'stated, not verified' }] })])
  expect(certificatePaper(certificate, 'en').blocks).toContainEqual(expect.objectContaining({ text: 'Addresses that were not searched again: stated, not verified' }))
  await expect(stateAddress(world.ledger, { ...stating, says: 'moved' }, on('2021-03-10'))).rejects.toMatchObject({ code: 'erasure/certified' })

  // It leads there again, and is searched: nobody's word is needed, and none is told.
  await reopenErasure(world.ledger, { erasure: other, by: 'dana', because: 'it is there again' }, on('2021-03-11'))
  await declare(elsewhere('renamed'), '2021-03-11')
  const there = await runOther('2021-03-12')
  expect([await inTheWay(there), addressesTold(there), there.addresses?.length]).toEqual([[], [], 1])
}, 300_000)

test('a step that was begun and that its database took back erased nothing: who could not be taken before is taken still', async () => {
  const own = await createWorld({ change: () => estate })
  try {
    await endContract(own.context, { contract: 'aria-2017', terminated: true }, on('2021-02-01'))
    await own.run('shop', `create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$; create trigger refuse before delete or truncate on public.member for each statement execute function public.refuse()`)
    await expect(runErasure(own.context, { erasure: other, operator: 'eli' }, on('2021-02-02'))).rejects.toMatchObject({ code: 'erasure/store-failed' })
    expect((await stepsOf(own.ledger.database, other)).filter(({ store }) => store === 'shop')).toMatchObject([{ state: 'blocked', rowsErased: null, detail: { undone: true } }])
    expect((await own.ledger.read(3, { types: ['erasure.step_begun'] })).length).toBeGreaterThan(0)
    const erasure = await findErasure(own.ledger, other)
    await takeBeforeErasing(own.context, { erasure: { ...erasure, plan: { ...erasure.plan!, not_taken: [{ store: 'shop', dataset: 'members', because: 'it was away' }] } }, stores: [{ id: 'shop' }] }, on('2021-02-03'))
    expect((await own.ledger.read(3, { types: ['erasure.fingerprints_taken'] })).map(({ parts }) => (parts.evidence as { taken: { dataset: string }[] }).taken.map(({ dataset }) => dataset))).toEqual([['members']])
    await own.run('shop', 'drop trigger refuse on public.member')
    await runErasure(own.context, { erasure: other, operator: 'eli' }, on('2021-02-04'))
    expect((await stepsOf(own.ledger.database, other)).filter(({ store }) => store === 'shop')).toMatchObject([{ state: 'done', rowsErased: 40 }])
  } finally {
    await own.close()
  }
}, 300_000)
