/** Two databases of one PostgreSQL server, declared in different environments: their files are the same. */
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { allStores } from '#inventory'
import { certify, confirmErasure, endContract, eraseEnvironment, judgeErasure, runErasure, type Erasure } from '../index.ts'
import { hindrances } from '../physically.ts'
import { physicalChecksOf, stepsOf } from '../store.ts'
import { copyMixed, createWorld, listeners, on, type World } from '../testing.ts'
import type { Performed } from './types.ts'

const id = 'EXIT-deezer-2016'
let world: World
afterEach(() => world.close())

const files = (database: string): string => `erase_url: "file:${database}-erase.url", maintenance_url: "file:${database}-maintain.url", data_directory: cluster`

const exit = async (): Promise<void> => {
  world = await createWorld({ change: (text) => ['crm', 'lab'].reduce((changed, database) => changed.replace(`erase_url: "file:${database}-erase.url"`, files(database)), text) })
  await world.run('crm', 'reset role')
  for (const database of ['crm', 'lab'] as const) writeFileSync(join(world.directory, `${database}-maintain.url`), world.url(database))
  const [{ data }] = (await world.run('crm', `select current_setting('data_directory') as data`)).rows as [{ data: string }]
  symlinkSync(data, join(world.directory, 'cluster'))
  await copyMixed(world, 'lab.mixed')
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
}
const verdict = async (erasure: Erasure): Promise<unknown> => {
  const { obstacles, status } = judgeErasure(erasure, await stepsOf(world.ledger.database, id), await allStores(world.ledger.database), await hindrances(world.ledger, erasure))
  return [status, ...obstacles.map(({ store, place }) => `${store} ${place}`)]
}
const outcomes = async (): Promise<unknown[]> => (await physicalChecksOf(world.ledger.database, id)).map(({ store, round, outcome }) => [round, store, (outcome as Performed).values, (outcome as Performed).kinds.find(({ kind }) => kind === 'table')?.standing])

test('one process erases both: the first is judged again when the second is erased, by the values that were seen before, and one round is complete', async () => {
  await exit()
  expect(await verdict(await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02')))).toEqual(['complete'])
  expect(await outcomes()).toEqual([[1, 'crm', 2 * listeners, 'clear'], [1, 'lab', 2 * listeners, 'clear']])
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-05'))
  expect((await certify(world.context, id, on('2020-12-05'))).status).toBe('complete')
}, 120_000)

test('each is erased by whoever serves it: the first round is partial, since nobody has the values of the first any more, and the second is complete by its files', async () => {
  await exit()
  await runErasure(world.context, { erasure: id, operator: 'eli', hand: () => Promise.resolve() }, on('2020-12-02'))
  for (const environment of ['production', 'test']) await eraseEnvironment(world.context, { erasure: id, environment, look: undefined }, on('2020-12-02'))
  expect(await verdict(await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02')))).toEqual(['partial', 'crm files: table'])
  expect(await verdict(await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-03')))).toEqual(['complete'])
  expect(await outcomes()).toEqual([[1, 'crm', 2 * listeners, 'residual'], [1, 'lab', 2 * listeners, 'clear'], [2, 'crm', 0, 'replaced']])
}, 120_000)
