import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allDatasets } from '#inventory'
import { copyMixed, createWorld, customers, listeners, listenersCsv, members, on, type World } from '../erasure/testing.ts'
import { destroyFingerprints, keepFingerprints, openSegments } from './fingerprints.ts'
import { takeFingerprints } from './refresh.ts'
import { allFindings, existingFingerprints, recentSweeps } from './store.ts'
import { searchStores, sweep, type SweepReport } from './sweep.ts'
import { coverageFor } from './sweep/coverage.ts'

let world: World
const at = on('2019-04-16')
const where = (report: SweepReport): string[] => report.findings.map((finding) => `${finding.controller} ${finding.records} ${finding.store}:${finding.place}`).sort()
const swept = async (): Promise<string[]> => where(await sweep(world.context, at))

beforeAll(async () => { world = await createWorld() })
afterAll(() => world.close())

test('a controller\'s own tables are no findings', async () => {
  expect(await swept()).toEqual([])
})

test('a table mixed of three controllers gives a finding for each, with counts, in each one\'s own log', async () => {
  await copyMixed(world, 'lab.engine', 5)
  const report = await sweep(world.context, at)
  expect(where(report)).toEqual([`aria ${members} lab:lab.engine`, `chinook ${customers} lab:lab.engine`, `deezer ${listeners} lab:lab.engine`])
  expect(report.opened).toHaveLength(3)
  for (const finding of report.findings) {
    const opened = await world.ledger.read(finding.slot, { types: ['finding.opened'] })
    expect(opened.map((entry) => (entry.parts['evidence'] as { controller: string }).controller)).toEqual([finding.controller])
    expect(finding.openedAtEntry).toBe(opened[0]?.index)
  }
})

test('a finding seen again is the same finding, and is not opened twice', async () => {
  const later = await sweep(world.context, on('2019-04-17'))
  expect(later.opened).toEqual([])
  expect(later.findings).toHaveLength(3)
  expect(later.findings[0]).toMatchObject({ firstSeen: at, lastSeen: on('2019-04-17') })
})

test('a finding stays open while its store cannot be reached, and the coverage says why; it is resolved when its place was read', async () => {
  const url = join(world.directory, 'lab-sweep.url')
  const right = readFileSync(url, 'utf8')
  await world.run('lab', 'drop table lab.engine')
  writeFileSync(url, right.replace('/lab', '/nowhere'))
  const report = await sweep(world.context, at)
  expect(report.findings).toHaveLength(3)
  expect(report.coverage.find((store) => store.store === 'lab')?.not_read).toEqual([{ place: '*', because: expect.stringContaining('cannot be opened') as string }])
  writeFileSync(url, right)
  expect(await swept()).toEqual([])
  expect((await allFindings(world.ledger.database)).map((finding) => [finding.state, finding.because])).toEqual(Array(3).fill(['resolved', 'no longer found there']))
})

test('a finding that comes back is opened anew at a later entry', async () => {
  const before = (await allFindings(world.ledger.database)).find((finding) => finding.controller === 'deezer')
  await copyMixed(world, 'lab.engine')
  const report = await sweep(world.context, on('2019-04-20'))
  const after = report.findings.find((finding) => finding.controller === 'deezer')
  expect(after?.id).toBe(before?.id)
  expect(after?.openedAtEntry).toBeGreaterThan(before?.openedAtEntry ?? Infinity)
  expect(after?.firstSeen).toBe(before?.firstSeen)
  await world.run('lab', 'drop table lab.engine')
  await swept()
})

test('another controller\'s declared table with shared e-mails alone is no finding; whole rows are', async () => {
  await world.run('shop', `insert into public.customer select 'S-' || i, 'p' || i || '@listener.example', '+1 777 ' || i, 'free' from generate_series(1, 4) i`)
  expect(await swept()).toEqual([])
  const { rows } = await world.run('crm', 'select user_id, email, phone from crm.listener limit 2')
  for (const row of rows as Record<string, string>[]) await world.run('shop', `insert into public.customer values ('${row['user_id']}', '${row['email']}', '${row['phone']}', 'free')`)
  expect((await sweep(world.context, at)).findings).toMatchObject([{ controller: 'deezer', store: 'shop', place: 'public.customer' }])
  await world.run('shop', `delete from public.customer where customer_id not like 'C-%'`)
  expect(await swept()).toEqual([])
})

test('files are searched, and a deleted one resolves its finding', async () => {
  world.put('old/notes.csv', await listenersCsv(world))
  expect(await swept()).toEqual([`deezer ${listeners} share:old/notes.csv`])
  unlinkSync(join(world.directory, 'share/old/notes.csv'))
  world.put('other.csv', 'a,b\n1,2\n')
  expect(await swept()).toEqual([])
})

test('a database of the same server that nobody declared is searched too', async () => {
  await world.run('attic', `create table forgotten as select 'p' || i || '@listener.example' as m from generate_series(1, 50) i`)
  expect((await sweep(world.context, at)).findings).toMatchObject([{ controller: 'deezer', records: 50, place: 'attic:public.forgotten' }])
  await world.run('attic', 'drop table forgotten')
  expect(await swept()).toEqual([])
})

test('an unreadable table is named as not read, and the rest is searched', async () => {
  await world.run('lab', 'create schema if not exists lab; create table lab.hidden (a text); alter table lab.hidden enable row level security; alter table lab.hidden force row level security')
  const { coverage } = await sweep(world.context, on('2019-06-01'))
  expect(coverage.find((store) => store.store === 'lab')?.not_read).toMatchObject([{ place: 'lab.hidden', because: expect.stringContaining('row-level security') as string }])
  await world.run('lab', 'drop table lab.hidden')
  expect((await recentSweeps(world.ledger.database, 1))[0]?.coverage).toEqual(coverageFor('deezer', coverage, await allDatasets(world.ledger.database)))
})

test('an altered, a missing or another dataset\'s fingerprint file stops every search', async () => {
  const file = join(world.directory, 'fingerprints/listeners.0.segment')
  const whole = readFileSync(file)
  const altered = Buffer.from(whole)
  altered[Math.floor(altered.length / 2)]! ^= 1
  writeFileSync(file, altered)
  await expect(sweep(world.context, at)).rejects.toMatchObject({ code: 'trace/seal-refused' })
  renameSync(file, `${file}.away`)
  await expect(sweep(world.context, at)).rejects.toMatchObject({ code: 'trace/segment-unreadable' })
  writeFileSync(file, whole)
  expect(await swept()).toEqual([])
  rmSync(`${file}.away`)
})

test('what cannot be fingerprinted now is named, keeps what it had, and does not stop the others', async () => {
  await world.run('shop', 'alter table public.member rename to member_away; create table public.member (member_id text, email text, phone text, plan text)')
  const { taken, notTaken } = await takeFingerprints(world.context, on('2019-05-01'))
  expect(notTaken).toEqual([{ dataset: 'members', because: expect.stringContaining('public.member') as string }])
  expect(taken.map((record) => [record.dataset, record.takenAt])).toEqual([['customers', on('2019-05-01')], ['listeners', on('2019-05-01')], ['members', on('2019-04-01')]])
  await world.run('shop', 'drop table public.member; alter table public.member_away rename to member')
})

test('people who left a dataset are still found, and only a refresh anew forgets them', async () => {
  await world.run('crm', `create table crm.left as select * from crm.listener where user_id <= 'FR10700'`)
  world.put('old/left.csv', (await world.run('crm', 'select email, phone from crm.left')).rows.map((row: { email: string; phone: string }) => `${row.email},${row.phone}\n`).join(''))
  const gone = Number((await world.run('crm', 'delete from crm.listener where user_id in (select user_id from crm.left)')).rowCount)
  await world.run('crm', 'drop table crm.left')
  const refreshed = (await takeFingerprints(world.context, on('2019-05-02'))).taken.find((record) => record.dataset === 'listeners')
  expect(refreshed).toMatchObject({ records: listeners, former: gone, tokenKey: 'epoch/1' })
  expect(await swept()).toEqual([`deezer ${gone} share:old/left.csv`])
  const anew = (await takeFingerprints(world.context, on('2019-05-03'), { anew: true })).taken.find((record) => record.dataset === 'listeners')
  expect(anew).toMatchObject({ records: listeners - gone, former: 0 })
  expect(await swept()).toEqual([])
  unlinkSync(join(world.directory, 'share/old/left.csv'))
  await world.run('crm', `insert into crm.listener select 'FR' || (10000 + i * 7), 'p' || i || '@listener.example', '+39 02 ' || (${listeners}0000000 + i * 7919), 'free' from generate_series(1, ${gone}) i`)
  await takeFingerprints(world.context, on('2019-05-04'))
})

test('a refresh never replaces fingerprints that it cannot read: they know who left', async () => {
  const file = join(world.directory, 'fingerprints/listeners.0.segment')
  const whole = readFileSync(file)
  writeFileSync(file, whole.subarray(0, whole.length - 1))
  const { notTaken } = await takeFingerprints(world.context, on('2019-05-05'), { controller: 'deezer' })
  expect(notTaken).toEqual([{ dataset: 'listeners', because: expect.stringContaining('--anew') as string }])
  writeFileSync(file, whole)
})

test('fingerprints kept beyond an exit still find; an own table is then a finding; they are destroyed when their date has come', async () => {
  const slot = 1
  await keepFingerprints(world.context, slot, on('2023-12-01'), on('2020-12-03'))
  await keepFingerprints(world.context, slot, on('2023-12-01'), on('2020-12-03'))
  expect(readdirSync(join(world.directory, 'fingerprints')).sort()).toEqual(['customers.0.changes', 'customers.0.segment', 'listeners.0.exit.segment', 'members.0.changes', 'members.0.segment'])
  expect(await swept()).toEqual([`deezer ${listeners} crm:crm.listener`])
  expect(where(await sweep(world.context, on('2023-11-30')))).toHaveLength(1)
  await sweep(world.context, on('2023-12-01'))
  expect((await existingFingerprints(world.ledger.database)).map((record) => record.dataset)).toEqual(['customers', 'members'])
  expect(readdirSync(join(world.directory, 'fingerprints'))).not.toContain('listeners.0.exit.segment')
  expect(world.ledger.keys.find(`segment/${slot}/exit`)).toBeUndefined()
  expect((await allFindings(world.ledger.database)).filter((finding) => finding.state === 'open'), 'nobody looked for it any more').toHaveLength(1)
})

test('when nothing can be read the sweep is broken, never clean', async () => {
  const saved = ['crm', 'shop', 'lab'].map((name) => [join(world.directory, `${name}-sweep.url`), readFileSync(join(world.directory, `${name}-sweep.url`), 'utf8')] as const)
  for (const [file, url] of saved) writeFileSync(file, url.replace(/\/(crm|shop|lab)/, '/nowhere'))
  renameSync(join(world.directory, 'share'), join(world.directory, 'share.away'))
  const before = await world.ledger.size(2)
  await expect(sweep(world.context, at)).rejects.toMatchObject({ code: 'trace/nothing-read' })
  expect(await world.ledger.size(2)).toBe(before)
  for (const [file, url] of saved) writeFileSync(file, url)
  renameSync(join(world.directory, 'share.away'), join(world.directory, 'share'))
})

test('without any fingerprints there is nothing to search for, and that is refused', async () => {
  for (const slot of [2, 3]) await destroyFingerprints(world.context, slot, at)
  await expect(searchStores(world.context, at)).rejects.toMatchObject({ name: 'Refused', code: 'trace/no-fingerprints' })
})

test('stores that are declared and have no URL are named; a shared table is its controllers\' own', async () => {
  await world.close()
  world = await createWorld({
    change: (text) => text.replace('controllers:\n', '  - { id: cache, environment: production, kind: redis }\n  - { id: away, environment: production, kind: postgres, sweep_url: "env:NOT_SET" }\ncontrollers:\n')
      .replace('tables:\n      - table: public.member\n        subject: member_id', 'tables:\n      - table: public.customer\n        rows: "plan = \'aria\'"\n        separation: shared_table\n        subject: customer_id').replace('{ member_id:', '{ customer_id:'),
  })
  const { coverage, findings, search } = await sweep(world.context, at)
  expect(findings).toEqual([])
  expect(coverage.find((store) => store.store === 'cache')?.not_read).toEqual([{ place: '*', because: 'no sweep_url is set' }])
  expect(coverage.find((store) => store.store === 'away')?.not_read).toEqual([{ place: '*', because: 'no sweep_url is set' }])
  expect([...search.fingerprints.keys()], 'rows of others would be taken for its own').toEqual(['customers.0', 'listeners.0'])
})

test('a killed re-sealing leaves the fingerprints as they were', async () => {
  await world.close()
  world = await createWorld()
  const before = await openSegments(world.context)
  writeFileSync(join(world.directory, 'fingerprints/listeners.0.exit.segment'), randomBytes(64)) // what it had written, not yet recorded
  expect((await openSegments(world.context)).map((one) => one.record.sha256)).toEqual(before.map((one) => one.record.sha256))
  await keepFingerprints(world.context, 1, on('2023-12-01'), at)
  expect((await openSegments(world.context)).find((one) => one.record.slot === 1)?.record.state).toBe('kept')
  expect(existsSync(join(world.directory, 'fingerprints/listeners.0.segment'))).toBe(false)
})
