import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import yazl from 'yazl'
import { sql } from '#database'
import { allStores, isUnread } from '#inventory'
import { copyMixed, createWorld, listeners, listenersCsv, on, type World } from '../../erasure/testing.ts'
import { takeFingerprints } from '../refresh.ts'
import { listPlaces } from '../places.ts'
import { sweep, searchStores, type SweepReport } from '../sweep.ts'
import { helpSweeps } from './help.ts'
import { createMoments, holdSecondsMax } from './moment.ts'
import { lastFullSweep, leaseUnits, runningSweeps, unitsOf } from './store.ts'

let world: World
const where = (report: SweepReport): string[] => report.findings.map((finding) => `${finding.controller} ${finding.records} ${finding.store}:${finding.place}`).sort()

beforeAll(async () => { world = await createWorld() })
afterAll(() => world.close())

test('a sweep of what has changed reads that, and carries over the rest with the moment when it was read', async () => {
  world.put('a.csv', await listenersCsv(world))
  world.put('b.csv', 'x,y\n1,2\n')
  const full = await sweep(world.context, on('2019-04-16'), { changed: true })
  expect(full.search.carried).toBe(0)
  const [share] = full.coverage.filter((store) => store.store === 'share')
  const again = await sweep(world.context, on('2019-04-17'), { changed: true })
  expect(again.search.carried).toBeGreaterThanOrEqual(2)
  expect(again.coverage.find((store) => store.store === 'share')).toEqual(share)
  expect(again.findings).toMatchObject([{ place: 'a.csv', lastSeen: on('2019-04-17'), detail: { readAt: on('2019-04-16') } }])
  world.put('b.csv', await listenersCsv(world))
  expect(where(await sweep(world.context, on('2019-04-18'), { changed: true }))).toEqual([`deezer ${listeners} share:a.csv`, `deezer ${listeners} share:b.csv`])
  rmSync(join(world.directory, 'share/b.csv'))
  expect(where(await sweep(world.context, on('2019-04-19'), { changed: true }))).toEqual([`deezer ${listeners} share:a.csv`])
})

test('fingerprints newer than a result make it stale: the place is read again', async () => {
  await world.run('crm', `insert into crm.listener values ('FR9', 'new@listener.example', '+39 02 99', 'free')`)
  await takeFingerprints(world.context, on('2019-04-20'))
  expect((await sweep(world.context, on('2019-04-20'), { changed: true })).search.carried).toBe(0)
})

test('a file put back with its old date is read again', async () => {
  world.put('c.csv', 'x,y\n1,2\n')
  const at = new Date('2019-01-01')
  utimesSync(join(world.directory, 'share/c.csv'), at, at)
  await sweep(world.context, on('2019-04-21'), { changed: true })
  writeFileSync(join(world.directory, 'share/c.csv'), (await listenersCsv(world)))
  utimesSync(join(world.directory, 'share/c.csv'), at, at)
  expect(where(await sweep(world.context, on('2019-04-21'), { changed: true }))).toContain(`deezer ${listeners + 1} share:c.csv`)
  rmSync(join(world.directory, 'share/c.csv'))
})

test('a sweep of one store says which were not asked, and resolves nothing there', async () => {
  await copyMixed(world, 'lab.engine', 5)
  const before = await sweep(world.context, on('2019-04-22'))
  expect(before.findings).toHaveLength(4)
  await world.run('lab', 'drop table lab.engine')
  const part = await sweep(world.context, on('2019-04-23'), { stores: ['share'] })
  expect(part.findings).toHaveLength(4)
  expect(part.coverage.find((store) => store.store === 'lab')).toMatchObject({ places: 0, not_read: [{ place: '*', because: 'not asked: this sweep was of other stores' }] })
  expect((await sweep(world.context, on('2019-04-24'), { stores: ['lab'] })).resolved).toHaveLength(3)
  await expect(sweep(world.context, on('2019-04-24'), { stores: ['nowhere'] })).rejects.toMatchObject({ name: 'Misuse' })
  expect(await lastFullSweep(world.ledger.database)).toBe(on('2019-04-22'))
})

test('the parts of one file are one finding, which lists them, and people in several of them count once', async () => {
  const zip = new yazl.ZipFile()
  zip.addBuffer(Buffer.from(await listenersCsv(world)), 'one/people.csv')
  zip.addBuffer(Buffer.from((await listenersCsv(world)).split('\n').slice(0, 101).join('\n')), 'two.csv')
  zip.addBuffer(Buffer.from('a,b\n1,2\n'), 'clean.csv')
  zip.end()
  const pieces: Buffer[] = []
  for await (const piece of zip.outputStream) pieces.push(piece as Buffer)
  world.put('all.zip', Buffer.concat(pieces))
  const { findings } = await sweep(world.context, on('2019-04-25'))
  const found = findings.find((finding) => finding.place === 'all.zip')
  const people = listeners + 1
  expect(found).toMatchObject({ controller: 'deezer', records: people, rows: people + 100 })
  expect(found?.detail).toMatchObject({
    share: 1, mixed: false, datasets: ['listeners.0'],
    parts: [{ name: 'one/people.csv', records: people }, { name: 'two.csv', records: 100 }],
    made: { after: on('2019-04-23'), before: on('2019-04-25'), because: 'it came to this place after 2019-04-23, when all of this store was read and it was not found, and before 2019-04-25' },
  })
  expect(found?.detail.columns?.map(({ name, column }) => `${name} ${column}`)).toEqual(['mail email', 'u user_id', 'tel phone', 'mail email', 'u user_id', 'tel phone'])
  rmSync(join(world.directory, 'share/all.zip'))
})

test('a finding beside others\' records says so, and not whose; the samples lead to rows, and nothing in it is a value', async () => {
  await copyMixed(world, 'lab.engine', 5)
  const { findings } = await sweep(world.context, on('2019-04-26'))
  const found = findings.find((finding) => finding.controller === 'deezer' && finding.store === 'lab')
  expect(found?.detail).toMatchObject({ mixed: true })
  expect(found?.detail.columns?.map(({ name, column }) => `${name} ${column}`)).toEqual(['contact email', 'ref user_id', 'tel phone'])
  expect(found?.detail.samples?.length).toBeGreaterThan(0)
  expect(JSON.stringify(found)).not.toMatch(/@|aria|chinook|\+39 |\+390\d{6}/)
})

test('while a sweep runs another is refused; a search of other purpose is not, and a helper reads what is planned', async () => {
  const { database } = world.ledger
  let seen = 0
  const context = { ...world.context, progress: () => { seen += 1 } }
  const checks: Promise<unknown>[] = []
  await sweep({ ...context, progress: () => { if (seen++ === 0) checks.push(expect(sweep(world.context, on('2019-04-27'))).rejects.toMatchObject({ code: 'trace/sweep-running' }), searchStores(world.context, on('2019-04-27')), helpSweeps(world.context, on('2019-04-27'))) } }, on('2019-04-27'))
  expect(checks).toHaveLength(3)
  await Promise.all(checks)
  expect(await runningSweeps(database)).toEqual([])
})

test('what a sweep left that was interrupted is gone on with only for the same fingerprints; results of ended sweeps do not stay', async () => {
  const { database } = world.ledger
  await sql`insert into sweep_run (id, purpose, fingerprints, state, coordinator, leased_until) values ('SWP-old', 'nightly sweep', 'others', 'running', 'gone.example/1/a', now())`.execute(database)
  await sql`insert into sweep_unit (sweep, number, store, place, unit, state, worker, leased_until) values ('SWP-old', 1, 'share', 'a.csv', 'all', 'leased', 'gone.example/1/a', now())`.execute(database)
  mkdirSync(join(world.directory, 'sweeps/SWP-older'), { recursive: true })
  const { search } = await sweep(world.context, on('2019-04-28'), { resume: true })
  expect(search).toMatchObject({ resumed: false, abandoned: expect.stringContaining('other fingerprints') as string })
  expect(await unitsOf(database, 'SWP-old')).toEqual([])
  expect(readdirSync(join(world.directory, 'sweeps'))).toEqual([])
})

test('small units are leased together, one that was begun before alone, and one that always ends its process is named as not read', async () => {
  const { database } = world.ledger
  await sql`insert into sweep_run (id, purpose, fingerprints, state, coordinator, leased_until) values ('SWP-x', 'other', 'x', 'running', 'w', now() + interval '1 hour')`.execute(database)
  await sql`insert into sweep_unit (sweep, number, store, place, unit, bytes, state, attempts) select 'SWP-x', n, 's', 'p' || n, 'all', case n when 3 then 1e9 else 10 end, 'planned', case n when 2 then 1 else 0 end from generate_series(1, 5) n`.execute(database)
  const numbers = async (): Promise<number[]> => (await leaseUnits(database, { sweep: 'SWP-x', worker: 'w' })).map((unit) => unit.number)
  expect(await numbers()).toEqual([1, 4, 5])
  expect(await numbers()).toEqual([2])
  expect(await numbers()).toEqual([3])
  expect(await numbers()).toEqual([])
  await sql`update sweep_unit set leased_until = now() - interval '1 second'`.execute(database)
  expect(await numbers(), 'a lease that ran out is taken over').toEqual([1])
  await sql`delete from sweep_run where id = 'SWP-x'`.execute(database)
})

test('partitions of a declared table are no copies of it', async () => {
  await world.run('shop', `alter table public.member rename to member_old; create table public.member (member_id text, email text, phone text, plan text) partition by hash (member_id);
    create table public.member_a partition of public.member for values with (modulus 2, remainder 0) partition by hash (email);
    create table public.member_aa partition of public.member_a for values with (modulus 1, remainder 0);
    create table public.member_b partition of public.member for values with (modulus 2, remainder 1);
    insert into public.member select * from public.member_old; drop table public.member_old`)
  const { findings, coverage } = await sweep(world.context, on('2019-04-29'))
  expect(coverage.find((store) => store.store === 'shop')).toMatchObject({ not_read: [] })
  expect(findings.filter((finding) => finding.store === 'shop')).toEqual([])
  await world.run('shop', 'create table public.members_too as select * from public.member')
  expect((await sweep(world.context, on('2019-04-29'))).findings.filter((finding) => finding.store === 'shop')).toMatchObject([{ controller: 'aria', place: 'public.members_too' }])
})

test('units of one place are read at one moment, as long as one process reads them one after another', async () => {
  await world.run('lab', 'create table public.busy as select i from generate_series(1, 1000) i')
  const [store] = (await allStores(world.ledger.database)).filter(({ id }) => id === 'lab')
  const { places } = await listPlaces(store === undefined ? [] : [store], world.context.references)
  const [busy, engine] = ['public.busy', 'lab.engine'].map((name) => places.find((place) => place.place === name))
  if (busy === undefined || engine === undefined) throw new Error('both tables are there')
  let now = 0
  const moments = createMoments('w', () => now)
  try {
    const first = await moments.of(busy, 'ctid 0-2')
    await world.run('lab', 'delete from public.busy')
    const second = await moments.of(busy, 'ctid 2-')
    expect(second.moment).toBe(first.moment)
    let bytes = 0
    for (const [opener, unit] of [[first, 'ctid 0-2'], [second, 'ctid 2-']] as const) for await (const part of opener.open(unit)) if (!isUnread(part)) for await (const piece of part.bytes) bytes += piece.length
    expect(bytes, 'every row as it was').toBe(Array.from({ length: 1000 }, (_, index) => `${index + 1}\n`).join('').length)
    expect((await moments.of(engine, 'all')).moment, 'one unit needs none').toBeNull()
    const later = await moments.of(busy, 'ctid 0-2')
    expect(later.moment).not.toBe(first.moment)
    now = (holdSecondsMax + 1) * 1000
    expect((await moments.of(busy, 'ctid 2-')).moment, 'not held for hours').not.toBe(later.moment)
  } finally {
    await moments.end()
  }
})
