import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorld, listeners, on, type World } from '../erasure/testing.ts'
import { destroyFingerprints, keepFingerprints, openSegments } from './fingerprints.ts'
import { removeSubjects } from './forget.ts'
import { rotateEpoch } from './rotate.ts'
import { takeFingerprints, watermarkRefreshesMax, type Refreshed, type TakeOptions } from './refresh.ts'
import type { FingerprintRecord } from './types.ts'
import { sweep } from './sweep.ts'

let world: World
beforeEach(async () => {
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('subject: user_id', 'subject: user_id\n        watermark: updated_at') })
  await world.run('crm', `alter table crm.listener add updated_at timestamptz default now(); update crm.listener set updated_at = timestamptz '2019-01-01' + (substr(user_id, 3)::int - 10000) / 7 * interval '1 second'`)
  expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners, unmarked: 0, records: listeners })
})
afterEach(() => world.close())

const at = on('2019-05-01')
async function refresh(options: TakeOptions = {}): Promise<Refreshed & FingerprintRecord> {
  const { taken, notTaken, refreshed } = await takeFingerprints(world.context, at, { controller: 'deezer', ...options })
  expect(notTaken).toEqual([])
  return { ...refreshed[0]!, ...taken.find((record) => record.id === 'listeners.0')! }
}
const found = async (): Promise<string[]> => (await sweep(world.context, at)).findings.map((finding) => `${finding.records} ${finding.store}:${finding.place}`).sort()
const header = async () => (await openSegments(world.context)).find(({ record }) => record.id === 'listeners.0')!.segment.header
const newcomers = (from: number, count: number, updated = 'now()'): Promise<unknown> =>
  world.run('crm', `insert into crm.listener select 'FR' || (900000 + i), 'new' || i || '@listener.example', '+39 06 ' || (70000000 + i * 7919), 'free', ${updated} from generate_series(${from}, ${from + count - 1}) i`)
const file = (from: number, count: number): string => Array.from({ length: count }, (_, step) => `new${from + step}@listener.example,FR${900_000 + from + step}\n`).join('')

test('by watermark only new and changed rows are read, and whoever was known stays found', async () => {
  const { rows: old } = await world.run('crm', 'select email, user_id from crm.listener') as { rows: { email: string; user_id: string }[] }
  await newcomers(1, 30)
  await world.run('crm', `update crm.listener set email = 'moved' || user_id || '@listener.example', updated_at = now() where user_id in ('FR10007', 'FR10014', 'FR10021', 'FR10028', 'FR10035')`)
  await world.run('crm', `delete from crm.listener where user_id in ('FR10070', 'FR10077')`)
  const read = await refresh()
  expect(read).toMatchObject({ mode: 'watermark', rowsRead: 36, records: listeners + 30, former: 0 }) // 36: the last one seen before is read again
  expect(read, 'kept beside what was known').toMatchObject({ layers: 1 })
  expect((await header()).columns.map(({ name, distinct }) => [name, distinct])).toEqual([['email', listeners + 35], ['phone', listeners + 30], ['user_id', listeners + 30]])
  world.put('new.csv', file(1, 30))
  world.put('old.csv', old.map((row) => `${row.email},${row.user_id}\n`).join(''))
  expect(await found()).toEqual([`${listeners} share:old.csv`, '30 share:new.csv'].sort())
  const compared = await refresh({ full: true })
  expect(compared).toMatchObject({ mode: 'compare', rowsRead: listeners + 28 })
  expect((await header()).columns[2]).toMatchObject({ name: 'user_id', distinct: listeners + 30 })
  expect(await refresh()).toMatchObject({ mode: 'watermark' })
})

test('the ledger counts what was read and how, and never says how far it reached', async () => {
  await newcomers(1, 3, `'2019-03-03 03:03:03.123456+00'`)
  await refresh()
  const [entry] = (await world.ledger.read(1, { types: ['trace.taken'] })).slice(-1)
  expect(entry?.parts['evidence']).toMatchObject({ mode: 'watermark', rowsRead: 4, added: 3 })
  expect((await header()).watermark).toMatchObject({ value: expect.stringContaining('03:03.123456') as string, refreshes: 1 })
  expect(JSON.stringify(await world.ledger.read(1))).not.toContain('03:03')
})

test('rows without watermark, behind it or ahead of time are those that the next compare shows, which comes by itself', async () => {
  await newcomers(1, 10, 'null')
  await newcomers(20, 10, `'2018-01-01'`)
  await newcomers(40, 1, `'9999-12-31'`)
  expect(await refresh(), 'a moment to come is read, and reached by nobody').toMatchObject({ mode: 'watermark', rowsRead: 2, records: listeners + 1 })
  await newcomers(50, 4)
  for (let more = 1; more < watermarkRefreshesMax; more += 1) expect(await refresh()).toMatchObject({ mode: 'watermark', records: listeners + 5 })
  expect(await refresh()).toMatchObject({ mode: 'compare', unmarked: 10, rowsRead: listeners + 25, records: listeners + 25 })
  expect(await refresh()).toMatchObject({ mode: 'watermark' })
})

test('without a row that is new nothing is lost, even of an empty table', async () => {
  await world.run('crm', 'create table crm.away as select * from crm.listener; delete from crm.listener')
  expect(await refresh()).toMatchObject({ mode: 'watermark', rowsRead: 0, records: listeners })
  await world.run('crm', 'insert into crm.listener select * from crm.away; drop table crm.away')
  expect(await refresh()).toMatchObject({ mode: 'watermark', rowsRead: 1, records: listeners })
})

test('a value that stood too often stays left out, in every form, and one row more of it counts nothing', async () => {
  await world.run('crm', `update crm.listener set email = 'office@listener.example' where user_id < 'FR10300'`)
  await refresh({ anew: true })
  const before = await header()
  expect(before.columns[0]!.dropped).toBe(1)
  expect(before.forms.map((form) => form.dropped)).toEqual([1, 1, 1, undefined]) // without a tag it has no other spelling
  await world.run('crm', `update crm.listener set email = 'office@listener.example', updated_at = now() where user_id = 'FR10700'`)
  expect(await refresh()).toMatchObject({ mode: 'watermark', rowsRead: 2 })
  const after = await header()
  expect(after.columns.map(({ distinct, dropped }) => [distinct, dropped])).toEqual(before.columns.map(({ distinct, dropped }) => [distinct, dropped]))
  expect(after.forms).toEqual(before.forms)
})

test('after somebody was forgotten all is compared: a value of theirs may be somebody else\'s too; no layer holds them', async () => {
  await newcomers(1, 30)
  expect(await refresh()).toMatchObject({ mode: 'watermark', layers: 1 })
  await removeSubjects(world.context, { dataset: 'listeners', columns: ['email'], rows: async function* () { yield Buffer.from('p1@listener.example\n') } }, at)
  expect(await refresh()).toMatchObject({ mode: 'compare', layers: 0 })
})

test('a refresh by watermark that is killed, at one point after another, loses nobody', async () => {
  const points = ['trace: segment written, not in place', 'trace/before-taken', 'trace/before-changes', 'trace: layer below named, not begun']
  for (const [index, point] of points.entries()) {
    await newcomers(1 + 30 * index, 30)
    const killed = spawnSync(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, 'refresh'], { env: { ...process.env, BAILEE_FAILPOINT: point } })
    expect(killed.signal, point).toBe('SIGKILL')
    expect(await refresh(), point).toMatchObject({ mode: 'watermark', records: listeners + 30 * (index + 1) })
    world.put(`new${index}.csv`, file(1 + 30 * index, 30))
  }
  expect(await found()).toEqual(points.map((_, index) => `30 share:new${index}.csv`))
})

test('layers go with the fingerprints, and none keeps what is sealed with a key that is gone', async () => {
  const files = (): string[] => readdirSync(join(world.directory, 'fingerprints')).filter((file) => file.startsWith('listeners')).sort()
  for (const more of [1, 2]) {
    await newcomers(more, 1)
    expect(await refresh()).toMatchObject({ mode: 'watermark', layers: more })
  }
  expect(files()).toEqual(['listeners.0.changes', 'listeners.0.segment', 'listeners.0.segment.1', 'listeners.0.segment.2'])
  await rotateEpoch(world.context, at)
  expect(files()).toEqual(['listeners.0.changes', 'listeners.0.epoch-2.segment'])
  await newcomers(3, 1)
  expect(await refresh()).toMatchObject({ layers: 1 })
  await keepFingerprints(world.context, 1, on('2023-12-01'), at)
  expect(files()).toEqual(['listeners.0.epoch-2.exit.segment'])
  expect((await header()).records).toBe(listeners + 3)
  await destroyFingerprints(world.context, 1, at)
  expect(files()).toEqual([])
})

test('a watermark that is no column is said, and nothing is taken', async () => {
  await world.run('crm', 'alter table crm.listener drop updated_at')
  expect((await takeFingerprints(world.context, at, { controller: 'deezer' })).notTaken).toEqual([{ dataset: 'listeners', because: expect.stringContaining('watermark') as string }])
})

test('a whole number that grows is a watermark too', async () => {
  await world.run('crm', `alter table crm.listener alter updated_at drop default; alter table crm.listener alter updated_at type bigint using substr(user_id, 3)::bigint`)
  expect(await refresh(), 'what was reached before says nothing of it').toMatchObject({ mode: 'compare' })
  await newcomers(1, 7, '9007199254740993 + i')
  expect(await refresh()).toMatchObject({ mode: 'watermark', rowsRead: 8, records: listeners + 7 })
  expect((await header()).watermark?.value).toBe('9007199254741000')
})
