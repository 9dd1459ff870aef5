import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyMixed, createWorld, customers, listeners, listenersCsv, members, on, type World } from '../../erasure/testing.ts'
import { destroyFingerprints, sealKeyOf, segmentFile, segmentSources } from '../fingerprints.ts'
import { openFingerprints } from '../fingerprint/index.ts'
import type { FingerprintRecord } from '../types.ts'
import { takeFingerprints } from '../refresh.ts'
import { sweep, type SweepReport } from '../sweep.ts'
import type { SearchOptions } from './search.ts'
import { unsettled } from './settle.ts'
import { tokensOf } from '../union/source.ts'

let world: World
const at = on('2019-04-16')
const where = (report: SweepReport): string[] => report.findings.map((finding) => `${finding.controller} ${finding.records} ${finding.rows} ${finding.store}:${finding.place}`).sort()

const ofMixed = (report: SweepReport): string[] => where(report).filter((one) => one.endsWith('mixed.csv'))

/** One dataset a table: screened, and texts read by several tables. */
const each = { tableTokensMax: 10 } satisfies SearchOptions

beforeAll(async () => { world = await createWorld() })
afterAll(() => world.close())

test('more fingerprints than one table holds are screened for, and every copy is found with its rows and people', async () => {
  await copyMixed(world, 'lab.engine', 5)
  world.put('a.csv', await listenersCsv(world))
  const expected = [`aria ${members} ${members} lab:lab.engine`, `chinook ${customers} ${customers} lab:lab.engine`, `deezer ${listeners} ${listeners} lab:lab.engine`, `deezer ${listeners} ${listeners} share:a.csv`]
  const together = await sweep(world.context, at)
  expect(where(together)).toEqual(expected)
  const report = await sweep(world.context, at, each)
  expect(where(report)).toEqual(expected)
  expect(report.opened).toEqual([])
})

test('a row of one controller that shares a value with a dataset of another table counts for its own alone, as in one search', async () => {
  // Aria knows four of deezer's people, by e-mail only, as its own members.
  const { rows } = await world.run('crm', 'select email, phone, user_id from crm.listener order by user_id limit 40')
  const people = rows as { email: string; phone: string; user_id: string }[]
  for (const [number, { email }] of people.slice(0, 4).entries()) await world.run('shop', `insert into public.member values ('S-${number}', '${email}', '+1 777 ${number}', 'free')`)
  await takeFingerprints(world.context, at)
  world.put('mixed.csv', people.map((one) => `${one.user_id},${one.email},${one.phone}\n`).join(''))
  expect(ofMixed(await sweep(world.context, at))).toEqual(['deezer 40 40 share:mixed.csv'])
  const tokens = (await segmentSources(world.context)).map(({ record, source }) => ({ dataset: record.dataset, tokens: tokensOf(source.header) }))
  expect(tokens.map(({ dataset }) => dataset)).toEqual(['customers', 'listeners', 'members'])
  const report = await sweep(world.context, at, { tableTokensMax: tokens[0]!.tokens + tokens[1]!.tokens })
  expect(ofMixed(report)).toEqual(['deezer 40 40 share:mixed.csv'])
  expect(report.coverage.find((store) => store.store === 'share')?.partly_read).toEqual([])
})

test('in a text, where one table does not hold what is known of it, that is said, and nothing is left out', async () => {
  const { rows } = await world.run('crm', 'select email, phone, user_id from crm.listener order by user_id limit 40')
  world.put('notes.txt', (rows as { email: string; phone: string; user_id: string }[]).map((one) => `Talked to ${one.email} (${one.phone}) about number ${one.user_id} and found no complaint.\n`).join(''))
  const ofNotes = (report: SweepReport): string[] => where(report).filter((one) => one.endsWith('notes.txt'))
  expect(ofNotes(await sweep(world.context, at))).toEqual(['deezer 40 40 share:notes.txt'])
  const report = await sweep(world.context, at, each)
  expect(ofMixed(report)).toEqual(['deezer 40 40 share:mixed.csv'])
  expect(ofNotes(report)).toEqual(['aria 4 4 share:notes.txt', 'deezer 40 40 share:notes.txt'])
  expect(report.coverage.find((store) => store.store === 'share')?.partly_read).toEqual([{ place: 'notes.txt', because: unsettled }])
})

test('after a controller\'s key is destroyed the next filter is made without it, even if its file comes back', async () => {
  const deezers = async (): Promise<FingerprintRecord[]> => (await segmentSources(world.context)).map(({ record }) => record).filter((record) => record.controller === 'deezer')
  const records = await deezers()
  const file = segmentFile(world.context, records[0]!)
  const kept = readFileSync(file)
  await destroyFingerprints(world.context, records[0]!.slot, at)
  writeFileSync(file, kept)
  const report = await sweep(world.context, at, each)
  expect(report.search.searched.flatMap(({ results }) => results.filter(({ dataset }) => dataset === records[0]!.id))).toEqual([])
  expect([...report.search.fingerprints.values()].map(({ controller }) => controller).sort()).toEqual(['aria', 'chinook'])
  expect(await deezers()).toEqual([])
  await expect(openFingerprints(file, randomBytes(32))).rejects.toMatchObject({ code: 'trace/seal-refused' })
  expect(() => sealKeyOf(world.context, records[0]!)).toThrow(expect.objectContaining({ code: 'trace/no-key' }) as Error)
})
