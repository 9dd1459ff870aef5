/** Exits that an earlier version recorded: a step was begun, cut off, and blocked afterwards without a word of what had been counted. */
import { afterEach, expect, test } from 'vitest'
import { allStores } from '#inventory'
import type { Draft } from '#ledger'
import { cutOffUntold } from './cutOff.ts'
import { certify, confirmErasure, endContract, judgeErasure, runErasure, stepsOf, type Erasure } from './index.ts'
import { createWorld, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
let world: World | undefined
afterEach(async () => { await world?.close(); world = undefined })

const run = (at: string): Promise<Erasure> => runErasure(world!.context, { erasure: id, operator: 'eli' }, on(at))
const obstacles = async (erasure: Erasure): Promise<string[]> => judgeErasure(erasure, await stepsOf(world!.ledger.database, id), await allStores(world!.ledger.database)).obstacles.map(({ store, place, because }) => `${store}:${place} ${because}`)

/** An exit with nothing in its way, to whose first round an earlier version adds what it recorded of another place. */
async function searchedAgain(more: readonly object[] = []): Promise<Erasure> {
  world = await createWorld()
  await world.run('lab', `create table public.rest (a text); insert into public.rest values ('x@else.example')`)
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erasure = await run('2020-12-02')
  const step = (type: string, given: object): Draft => ({ slot: erasure.slot, type: `erasure.${type}`, at: on('2020-12-02'), parts: { evidence: { erasure: id, round: 1, number: 9, store: 'lab', place: 'public.rest', method: 'delete found rows', records: 5, ...given } } })
  await world.ledger.append([step('step_begun', { rows_found: 5, detail: { unowned: 0, ambiguous: 0 } }), step('step_blocked', { rows_found: 0, detail: { because: 'it was away' } }), ...more as Draft[]])
  expect(await obstacles(erasure), 'nothing tells of it').toEqual([])
  return erasure
}

test('the next run looks at what such a step left, writes its table anew, and is complete; a certificate without one is partial and says why', async () => {
  await searchedAgain()
  await confirmErasure(world!.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  const certificate = await certify(world!.context, id, on('2020-12-03'))
  expect(certificate.status).toBe('partial')
  expect((await stepsOf(world!.ledger.database, id)).at(-1)).toMatchObject({ round: 1, place: 'public.rest', state: 'blocked', detail: { begun: 5 } })
})

test('run before it is certified, its place is gone through once more', async () => {
  await searchedAgain()
  const file = async (): Promise<unknown> => (await world!.run('lab', `select pg_relation_filenode('public.rest') as file`)).rows[0]
  const before = await file()
  const again = await run('2020-12-03')
  expect(again.plan).toMatchObject({ round: 2, items: expect.arrayContaining([expect.objectContaining({ place: 'public.rest' })]) as unknown })
  expect(await file(), 'written anew').not.toEqual(before)
  expect(await obstacles(again)).toEqual([])
  await run('2020-12-04')
  expect((await stepsOf(world!.ledger.database, id)).filter(({ place }) => place === 'public.rest').map(({ round, state }) => `${round} ${state}`), 'told once').toEqual(['1 blocked', '1 blocked', '2 done'])
  await confirmErasure(world!.ledger, { erasure: id, by: 'dana' }, on('2020-12-05'))
  expect((await certify(world!.context, id, on('2020-12-05'))).status).toBe('complete')
})

test('what is told, taken back, or followed by rows that went is not told again', () => {
  const one = { erasure: id, store: 'lab', place: 'public.rest', method: 'delete found rows' }
  const at = (type: string, round: number, more: object) => ({ type: `erasure.step_${type}`, step: { ...one, round, number: 1, detail: {}, ...more } })
  const cut = [at('begun', 1, { rows_found: 5 }), at('blocked', 1, {})]
  const untold = (...entries: ReturnType<typeof at>[]): number[] => cutOffUntold(entries).map(({ begun }) => begun)
  expect(untold(...cut)).toEqual([5])
  expect(untold(at('begun', 1, { rows_found: 0 }), at('blocked', 1, {}))).toEqual([])
  expect(untold(at('begun', 1, { rows_found: 5 }), at('blocked', 1, { detail: { undone: true } }))).toEqual([])
  expect(untold(at('begun', 1, { rows_found: 5 }), at('begun', 1, { rows_found: 2 }), at('blocked', 1, { detail: { undone: true } })), 'only what was begun last was taken back').toEqual([5])
  expect(untold(at('begun', 1, { rows_found: 5 }), at('begun', 1, { rows_found: 0 }), at('blocked', 1, { detail: { undone: true } }))).toEqual([5])
  expect(untold(at('begun', 1, { rows_found: 5 }), at('blocked', 1, { detail: { begun: 5 } }))).toEqual([])
  expect(untold(...cut, at('begun', 2, { rows_found: 0 }), at('done', 2, { rows_erased: 0 })), 'nothing was found there, and nothing written anew').toEqual([5])
  expect(untold(...cut, at('begun', 2, { rows_found: 2 }), at('done', 2, { rows_erased: 2 }))).toEqual([])
  expect(untold(...cut, at('blocked', 2, { number: 7, detail: { begun: 5 } }))).toEqual([])
  expect(untold(...cut, at('blocked', 2, { number: 7, detail: { begun: 5 } }), at('begun', 3, { rows_found: 0 }), at('done', 3, { rows_erased: 0 }))).toEqual([])
})
