import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, on, type World } from '../../erasure/testing.ts'
import { openSegments } from '../fingerprints.ts'
import { takeFingerprints } from '../refresh.ts'
import { rotateEpoch } from '../rotate.ts'
import { createSearcher } from '../search/index.ts'
import { searchStores, sweep } from '../sweep.ts'
import { catalogueIn } from './epochs.ts'
import { compareDataset, compareFile, type Comparison } from './compare.ts'
import { keepSketch, readSketches, type PlaceSketch } from './files.ts'
import { folderOfEpoch } from './keep.ts'

let world: World
const people = 60_000 // some 60 of them in every sample, whatever the key: no test here fails by chance
beforeAll(async () => {
  world = await createWorld({ fingerprints: false })
  await world.run('crm', `insert into crm.listener select 'FQ' || i, 'q' || i || '@listener.example', '+33 1 ' || i * 7919, 'free' from generate_series(1, ${people}) i`)
  await takeFingerprints(world.context, on('2019-04-01'))
})
afterAll(() => world.close())

const rowsOf = (from: number, to: number): string => Array.from({ length: to - from }, (_, at) => `${at},q${from + at}@listener.example,tag${at % 7}\n`).join('')
const strangers = Array.from({ length: people }, (_, at) => `${at},s${at}@stranger.example,+49 30 ${at * 7919}\n`).join('')
const telling = ({ places }: Comparison): string[] => places.filter(({ fields }) => fields.some((field) => field.telling)).map(({ store, place }) => `${store}:${place}`).sort()
const files = (epoch = 1): string[] => readdirSync(join(catalogueIn(world.context.directory), String(epoch)))

test('what a sweep has read can be compared with a dataset, and with a file, without being read again', async () => {
  await expect(compareDataset(world.context, 'nothing')).rejects.toMatchObject({ name: 'Misuse' })
  expect(await compareDataset(world.context, 'listeners')).toMatchObject({ places: [], known: 0, notCompared: [{ what: 'listeners.0' }] })
  world.put('half.csv', rowsOf(1, people / 2))
  world.put('packed/all.log.gz', gzipSync(Array.from({ length: people }, (_, at) => `at ${at} user q${at + 1}@listener.example came\n`).join('')))
  world.put('strangers.csv', strangers)
  await sweep(world.context, on('2019-04-02'))
  const found = await compareDataset(world.context, 'listeners')
  expect(telling(found)).toEqual(['crm:crm.listener', 'share:half.csv', 'share:packed/all.log.gz'])
  const half = found.places.find(({ place }) => place === 'half.csv')?.fields[0]
  expect(half).toMatchObject({ column: 'email', form: null, field: 1, name: null })
  expect(half?.low).toBeLessThan(people)
  expect(half?.high).toBeGreaterThan(people / 4)
  expect(found.places.find(({ place }) => place === 'crm.listener')?.fields).toEqual(expect.arrayContaining([expect.objectContaining({ column: 'email', share: 1, estimate: people + 300 })]))

  const leak = join(world.directory, 'leak.csv.gz')
  writeFileSync(leak, gzipSync(rowsOf(1, people)))
  expect(telling(await compareFile(world.context, leak))).toEqual(['crm:crm.listener', 'share:half.csv', 'share:packed/all.log.gz'])
  writeFileSync(leak, gzipSync(strangers.replaceAll('stranger', 'nobody').replaceAll('+49', '+48')))
  expect(telling(await compareFile(world.context, leak))).toEqual([])
  await expect(compareFile(world.context, `${leak}.away`)).rejects.toMatchObject({ name: 'Misuse' })
})

test('no value and no name of a place stands in the catalogue, and what was altered or is another place\'s is not known', async () => {
  const folder = folderOfEpoch(world.context, 1)
  const [first = '', second = ''] = files()
  expect(files().length).toBeGreaterThan(2)
  for (const file of files()) {
    expect(file).toMatch(/^[0-9a-f]{32}[.]sketch$/)
    expect(readFileSync(join(folder.directory, file)).includes('half.csv')).toBe(false)
  }
  const whole = readFileSync(join(folder.directory, first))
  const known = (await readSketches(folder)).sketches.length
  writeFileSync(join(folder.directory, first), readFileSync(join(folder.directory, second)))
  expect(await readSketches(folder)).toMatchObject({ damaged: 1, sketches: expect.objectContaining({ length: known - 1 }) as unknown })
  const altered = Buffer.from(whole)
  altered[altered.length >> 1]! ^= 1
  for (const bad of [altered, whole.subarray(0, 10), Buffer.alloc(0)]) {
    writeFileSync(join(folder.directory, first), bad)
    expect((await readSketches(folder)).damaged).toBe(1)
  }
  writeFileSync(join(folder.directory, first), whole)
  expect(await readSketches({ ...folder, key: Buffer.alloc(32, 9) })).toEqual({ sketches: [], damaged: files().length })
})

test('a place that is gone drops out with the next search of its store, a place that has changed is known as it is now', async () => {
  rmSync(join(world.directory, 'share/half.csv'))
  world.put('packed/all.log.gz', gzipSync('nothing is left\n'))
  const gone = join(catalogueIn(world.context.directory), '1', `${'0'.repeat(32)}.sketch.part`) // what a killed writer left
  writeFileSync(gone, 'x')
  utimesSync(gone, 0, 0)
  const writing = join(catalogueIn(world.context.directory), '1', `${'1'.repeat(32)}.sketch.1-1.part`) // what another search writes now
  writeFileSync(writing, 'x')
  await sweep(world.context, on('2019-04-03'), { stores: ['crm'] })
  expect(telling(await compareDataset(world.context, 'listeners')), 'other stores were not asked').toEqual(['crm:crm.listener', 'share:half.csv', 'share:packed/all.log.gz'])
  await searchStores(world.context, on('2019-04-04'))
  expect(telling(await compareDataset(world.context, 'listeners'))).toEqual(['crm:crm.listener'])
  expect([existsSync(gone), existsSync(writing)]).toEqual([false, true])
})

test('a search that leaves no sketches keeps those there are, and finds the same', async () => {
  world.put('half.csv', rowsOf(1, people / 2))
  const before = files()
  const { findings } = await sweep(world.context, on('2019-04-05'), { catalogue: false })
  expect(findings).toMatchObject([{ place: 'half.csv', records: people / 2 - 1 }])
  expect(files()).toEqual(before)
})

test('several threads leave the sketch that one leaves, and the tally is the same with and without', async () => {
  const [opened] = await openSegments(world.context)
  const text = rowsOf(1, 60_000)
  const bytes = async function* (): AsyncGenerator<Uint8Array> { for (let at = 0; at < text.length; at += 50_000) yield Buffer.from(text.slice(at, at + 50_000)) }
  const made = []
  for (const how of [{ threads: 1, sketch: true }, { threads: 3, sketch: true, pieceBytes: 64 * 1024 }, { threads: 1, sketch: false }]) {
    const searcher = await createSearcher([opened!.segment], opened!.tokenKey, how)
    await searcher.tally(bytes) // the next one begins anew
    made.push(await searcher.tally(bytes))
    await searcher.close()
  }
  const [one, several, without] = made
  expect(one?.sketch?.entries.length).toBeGreaterThan(40)
  expect(several?.sketch).toEqual(one?.sketch)
  expect(without).toEqual({ ...one, sketch: undefined })
})

test('a writer that is killed leaves the sketch before whole', async () => {
  const folder = { directory: join(world.directory, 'catalogue/9'), key: randomBytes(32) }
  const place: PlaceSketch = { store: 'share', environment: 'test', place: 'a', readAt: 1, partly: false, level: 0, fields: [{ part: '', field: 0, name: 'x', tokens: BigUint64Array.of(1n, 2n) }] }
  await keepSketch(folder, place, randomBytes)
  const [file = ''] = readdirSync(folder.directory)
  writeFileSync(join(folder.directory, `${file}.part`), readFileSync(join(folder.directory, file)).subarray(0, 40))
  expect(await readSketches(folder)).toEqual({ sketches: [place], damaged: 0 })
  await keepSketch(folder, { ...place, fields: [] }, randomBytes)
  expect((await readSketches(folder)).sketches).toEqual([])
  await expect(keepSketch({ ...folder, directory: join(folder.directory, file, 'x') }, place, () => { throw new Error('no randomness') })).rejects.toMatchObject({ code: 'trace/sketch-unwritable' })
})

test('sketches go with the key of their epoch, and come back with the next sweep', async () => {
  await rotateEpoch(world.context, on('2019-04-06'))
  expect(existsSync(join(catalogueIn(world.context.directory), '1'))).toBe(false)
  expect(world.ledger.keys.wasDestroyed('catalogue/1')).toBe(true)
  expect(await compareDataset(world.context, 'listeners')).toMatchObject({ places: [], known: 0 })
  await sweep(world.context, on('2019-04-07'))
  expect(telling(await compareDataset(world.context, 'listeners'))).toEqual(['crm:crm.listener', 'share:half.csv'])
})
