/** Files of several controllers that have more than one name (hard links). */
import { appendFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { endContract, runErasure, stepsOf, type Erasure } from './index.ts'
import { createWorld, listeners, listenersCsv, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
let world: World
afterEach(() => world.close())

const share = (file: string): string => join(world.directory, 'share', file)
const run = (at: string): Promise<Erasure> => runErasure(world.context, { erasure: id, operator: 'eli' }, on(at))
const steps = async (round: number): Promise<unknown[]> => (await stepsOf(world.ledger.database, id)).filter((step) => step.round === round).map(({ place, state, rowsErased, detail }) => [place, state, rowsErased, detail.because])

async function mixedFile(): Promise<void> {
  world = await createWorld()
  const others = (await world.run('shop', 'select email, customer_id, phone from public.customer')).rows as { email: string; customer_id: string; phone: string }[]
  world.put('mixed.csv', `${await listenersCsv(world)}${others.map((one) => `${one.email},${one.customer_id},${one.phone}\n`).join('')}`)
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
}

test('a file of several controllers that has all its names in one store is written anew once, under each of them', async () => {
  await mixedFile()
  world.put('old/there.txt', 'nothing of anybody')
  linkSync(share('mixed.csv'), share('old/again.csv'))
  linkSync(share('mixed.csv'), share('third.csv'))
  expect((await run('2020-12-02')).again).toMatchObject({ residual: 0 })
  expect(await steps(1)).toEqual(expect.arrayContaining([['mixed.csv', 'done', listeners, undefined], ['old/again.csv', 'done', 0, undefined], ['third.csv', 'done', 0, undefined]]))
  for (const file of ['mixed.csv', 'old/again.csv', 'third.csv']) {
    expect(readFileSync(share(file), 'utf8')).not.toContain('listener.example')
    expect(readFileSync(share(file), 'utf8')).toContain('customer.example')
    expect(existsSync(share(`${file}.bailee-rewriting`))).toBe(false)
  }
  expect(new Set(['mixed.csv', 'old/again.csv', 'third.csv'].map((file) => statSync(share(file)).ino)).size, 'one file still').toBe(1)
}, 60_000)

test('what is written under another name, while the file is written anew, stays there; the run says so, and the next one is done', async () => {
  await mixedFile()
  linkSync(share('mixed.csv'), share('third.csv'))
  const before = statSync(share('mixed.csv')).ino
  let written = false
  const write = (): void => {
    if (statSync(share('mixed.csv')).ino === before) { watching = setImmediate(write); return }
    appendFileSync(share('third.csv'), 'late@else.example,1,2\n') // its other name is still that of the old file
    written = true
  }
  let watching = setImmediate(write)
  try {
    await expect(run('2020-12-02')).rejects.toMatchObject({ code: 'erasure/file-changed' })
  } finally {
    clearImmediate(watching)
  }
  expect(written).toBe(true)
  expect(await steps(1)).toEqual(expect.arrayContaining([['mixed.csv', 'begun', null, undefined]]))
  expect(readFileSync(share('third.csv'), 'utf8')).toContain('late@else.example')
  expect((await run('2020-12-03')).again).toMatchObject({ residual: 0 })
  expect(await steps(1)).toEqual(expect.arrayContaining([['mixed.csv', 'done', listeners, undefined], ['third.csv', 'done', listeners, undefined]]))
  expect(readFileSync(share('third.csv'), 'utf8')).toContain('late@else.example')
  for (const file of ['mixed.csv', 'third.csv']) {
    expect(readFileSync(share(file), 'utf8')).not.toContain('listener.example')
    expect(readFileSync(share(file), 'utf8')).toContain('customer.example')
    expect(existsSync(share(`${file}.bailee-rewriting`))).toBe(false)
  }
}, 60_000)

test('one that has a name outside its store is blocked, with what to do; without it the next run takes the rows out', async () => {
  await mixedFile()
  mkdirSync(join(world.directory, 'outside'))
  linkSync(share('mixed.csv'), share('third.csv'))
  linkSync(share('mixed.csv'), join(world.directory, 'outside/mixed.csv'))
  await run('2020-12-02')
  expect(await steps(1)).toEqual(expect.arrayContaining([['mixed.csv', 'blocked', null, expect.stringMatching(/another name outside this store.*find MOUNT -samefile/) as string]]))
  expect(readFileSync(share('mixed.csv'), 'utf8')).toContain('listener.example')
  rmSync(join(world.directory, 'outside/mixed.csv'))
  expect((await run('2020-12-03')).again).toMatchObject({ residual: 0 })
  expect(await steps(2)).toEqual(expect.arrayContaining([['mixed.csv', 'done', listeners, undefined], ['third.csv', 'done', 0, undefined]]))
}, 60_000)
