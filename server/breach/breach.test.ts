import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { startApi } from '../api/testing.ts'
import { createWorld, estate, listeners, on, type World } from '../erasure/testing.ts'
import { recordCells, destroyFingerprints } from '#trace'
import { allCells } from '../trace/cells/testing.ts'
import { attributeBreach, openBreach } from './breach.ts'
import { attribute } from './attribution/score.ts'
import type { CandidateCopy, Evidence } from './attribution/types.ts'
import { countBreach } from './concerned.ts'
import { clocksOf } from './notice.ts'
import { takeCensus } from './people.ts'

/** Two contracts, one after the other; the first's time to tell a breach is given. */
const estateOf = (hours: number) => (text: string): string => text.replace('controller: deezer, starts: 2016-12-01,', `controller: deezer, breach_notice_hours: ${hours}, starts: 2016-12-01,`)
  .replace('  - { id: chinook-2017', '  - { id: deezer-2024, controller: deezer, starts: 2024-01-01, breach_notice_hours: 12 }\n  - { id: chinook-2017')

let world: World
let sample: string
beforeAll(async () => {
  world = await createWorld({ change: estateOf(48) })
  sample = join(world.directory, 'leak.csv')
  await recordCells(world.context, on('2019-01-07'))
  await world.run('crm', `update crm.listener set plan = 'april-' || user_id where user_id::text like '%1'`)
  await recordCells(world.context, on('2019-04-07'))
  const { rows } = await world.run('crm', 'select upper(email) as mail, plan from crm.listener order by md5(email) limit 150')
  await world.run('crm', `update crm.listener set plan = 'june-' || user_id where user_id::text like '%2'`)
  await recordCells(world.context, on('2019-06-07'))
  writeFileSync(sample, `p;m\n${(rows as { mail: string; plan: string }[]).map(({ mail, plan }) => `${plan};${mail}`).join('\n')}\nsold;nobody@elsewhere.example\n`)
}, 300_000)
afterAll(() => world.close())

const opening = { nature: 'A file was offered for sale', by: 'dana', awareAt: on('2022-11-06') }

test('a sample is of its controller alone, its moment is known, and no copy that nobody registered is accused; the sample is kept nowhere', async () => {
  const { breaches: [breach, ...others], sample: whole } = await openBreach(world.context, { ...opening, sample }, on('2022-11-06'))
  expect(others).toEqual([])
  expect(breach).toMatchObject({ controller: 'deezer', cause: { kind: 'sample', found: 150, people: 150 } })
  expect(whole).toMatchObject({ rows: 151, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
  const [told] = breach!.attribution!
  expect(told).toMatchObject({ dataset: 'listeners', rows: 150, people: 150, answer: { kind: 'no registered copy fits' }, columns: expect.arrayContaining(['email', 'plan']) as string[] })
  expect(told!.telling).toBeGreaterThan(4)
  expect(told!.taken!.after).toBeGreaterThanOrEqual(on('2019-01-07'))
  expect(told!.taken!.by).toBeLessThanOrEqual(on('2019-06-07'))
  const entries = await world.ledger.read(breach!.slot, { types: ['breach.opened', 'breach.attributed'] })
  expect(entries).toHaveLength(2)
  expect(JSON.stringify(entries)).not.toMatch(/listener[.]example|april-/i)
  // That one row more was not its people's would tell of another's.
  expect(JSON.stringify(entries)).not.toMatch(new RegExp(`notFound|:151[,}]|${whole!.sha256}`))
  await expect(openBreach(world.context, { ...opening, sample }, on('2022-11-06'))).rejects.toMatchObject({ code: 'breach/opened' })
})

test('a sample handed in over HTTP opens a breach, another is attributed to it; nothing of either is answered or kept', async () => {
  const bailee = { directory: world.directory, ledger: world.ledger, database: world.ledger.database, references: world.context.references, close: async () => undefined }
  const api = await startApi(bailee, on('2022-11-07'))
  try {
    const lines = readFileSync(sample, 'utf8').trim().split('\n')
    const send = (path: string, rows: readonly string[]) => api.ask('POST', `/api/v1${path}`, { as: { role: 'dpo', person: 'dana' }, body: Buffer.from(`${[lines[0], ...rows].join('\n')}\n`), headers: { 'content-type': 'application/octet-stream' } })
    const opened = await send('/breaches/samples?nature=Some%20rows%20were%20posted&awareAt=2022-11-06T09:00:00Z', lines.slice(1, 61))
    expect(opened.json()).toEqual({ breaches: [expect.stringMatching(/^B-[0-9a-f]+$/) as string], rows: 60, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    const [id] = (opened.json() as { breaches: string[] }).breaches
    expect((await send(`/breaches/${id}/samples`, lines.slice(61, 121))).json()).toEqual({ id })
    const shown = await api.ask('GET', `/api/v1/breaches/${id}`, { as: { role: 'dpo', person: 'dana' } })
    expect(shown.json()).toMatchObject({ cause: { kind: 'sample', found: 60, people: 60 }, awareAt: '2022-11-06T09:00:00Z' })
    expect([opened.payload, shown.payload].join('\n')).not.toMatch(/listener[.]example|april-/i)
  } finally {
    await api.close()
  }
})

test('a sample of nobody who is known, or of no rows, cannot be told', async () => {
  const file = join(world.directory, 'other.json')
  writeFileSync(file, JSON.stringify([{ email: 'nobody@elsewhere.example' }]))
  await expect(openBreach(world.context, { ...opening, sample: file }, on('2022-11-06'))).rejects.toMatchObject({ code: 'breach/nobody-known' })
  writeFileSync(file, '')
  await expect(openBreach(world.context, { ...opening, sample: file }, on('2022-11-06'))).rejects.toMatchObject({ name: 'Misuse' })
})

test('a sample that may be of several controllers, or that one column alone ascribes, is opened for nobody until a person says whose it is', async () => {
  const file = join(world.directory, 'both.csv')
  const mails = async (database: 'crm' | 'shop', table: string): Promise<string[]> => ((await world.run(database, `select email, plan from ${table} order by email limit 20`)).rows as { email: string; plan: string }[]).map(({ email, plan }) => `${email};${plan}`)
  const [ours, theirs] = [await mails('crm', 'crm.listener'), await mails('shop', 'public.customer')]
  const open = (text: readonly string[], controller?: string): Promise<unknown> => { writeFileSync(file, `mail;plan\n${text.join('\n')}\n`); return openBreach(world.context, { ...opening, nature: 'whose is it', sample: file, ...(controller === undefined ? {} : { controller }) }, on('2022-11-06')) }
  const before = await world.ledger.read(1, { types: ['breach.opened'] })
  await expect(open([...ours, ...theirs])).rejects.toMatchObject({ code: 'breach/whose', message: expect.stringMatching(/deezer \(20 of 40 rows\).*chinook \(20 of 40 rows\)|chinook \(20 of 40 rows\).*deezer \(20 of 40 rows\)/) as string })
  await expect(open(ours.map((line) => line.split(';')[0]!))).rejects.toMatchObject({ code: 'breach/whose' })
  expect(await world.ledger.read(1, { types: ['breach.opened'] })).toEqual(before)
  expect(await open([...ours, ...theirs], 'chinook')).toMatchObject({ breaches: [{ controller: 'chinook', cause: { found: 20 } }] })
})

test('people are counted from the stores, and when the data are gone from what was counted before', async () => {
  const { breaches: [breach] } = await openBreach(world.context, { ...opening, controller: 'deezer', nature: 'somebody told' }, on('2022-11-06'))
  expect((await countBreach(world.context, breach!.id, on('2022-11-06'))).counts).toMatchObject({ source: 'stores', figures: [{ country: '*', kind: 'range', low: 0, high: listeners }, { country: 'EU', kind: 'range' }] })
  await takeCensus(world.context, on('2022-11-06'))
  await world.run('crm', 'alter table crm.listener rename to away')
  expect((await countBreach(world.context, breach!.id, on('2022-11-07'))).counts).toMatchObject({ source: 'recorded earlier', asOf: on('2022-11-06') })
  await world.run('crm', 'alter table crm.away rename to listener')
})

test('the time that a contract gives is that of the contract in force when the processor came to know, as it was declared then', async () => {
  await applyEstate(world.ledger, readEstate(estateOf(24)(estate), 'bailee.yaml'), { checked: [], unchecked: [] }, on('2019-07-01'))
  const terms = async (aware: string): Promise<unknown> => {
    const { breaches: [breach] } = await openBreach(world.context, { ...opening, nature: `known on ${aware}`, controller: 'deezer', awareAt: on(aware) }, on('2024-03-01'))
    return [breach!.contract, clocksOf(breach!, breach!.terms ?? undefined, null).flatMap(({ law, due }) => (law.startsWith('contract') ? [law, due] : []))]
  }
  expect(await terms('2019-05-01')).toEqual(['deezer-2016', ['contract deezer-2016: 48 hours', '2019-05-03T00:00:00Z']])
  expect(await terms('2019-08-01')).toEqual(['deezer-2016', ['contract deezer-2016: 24 hours', '2019-08-02T00:00:00Z']])
  expect(await terms('2022-11-06')).toEqual(['deezer-2016', [expect.stringContaining('it was not in force then'), '2022-11-07T00:00:00Z']])
  expect(await terms('2024-02-01')).toEqual(['deezer-2024', ['contract deezer-2024: 12 hours', '2024-02-01T12:00:00Z']])
})

test('people are counted among those of the time in which the copy was made; what could not be counted is never recorded as nobody', async () => {
  const { breaches: [breach] } = await openBreach(world.context, { ...opening, nature: 'counted at its time', sample }, on('2022-11-06'))
  await takeCensus(world.context, on('2019-03-31'))
  await world.run('crm', 'create table crm.others as select * from crm.listener; delete from crm.listener where ctid in (select ctid from crm.listener order by user_id limit 250)')
  const small = await takeCensus(world.context, on('2022-11-07'))
  expect(small.taken.find(({ dataset }) => dataset === 'listeners')).toMatchObject({ people: listeners - 250 })
  expect((await countBreach(world.context, breach!.id, on('2022-11-08'))).counts).toMatchObject({ source: 'recorded earlier', asOf: on('2019-03-31'), figures: [{ country: '*', kind: 'range', low: 150, high: listeners }, { country: 'EU', kind: 'range', low: 0, high: listeners }] })
  await world.run('crm', 'delete from crm.listener')
  expect((await takeCensus(world.context, on('2022-11-09'))).notTaken).toEqual([{ dataset: 'listeners', because: expect.stringContaining('says nothing of who was in it') as string }])
  expect((await world.ledger.read(1, { types: ['breach.census_taken'] })).map((entry) => (entry.parts.evidence as { people: number }).people)).not.toContain(0)
  await world.run('crm', 'insert into crm.listener select * from crm.others')
})

test('the log of cells dies with the fingerprints of its controller; then nothing is attributed any more', async () => {
  const { breaches: [breach] } = await openBreach(world.context, { ...opening, controller: 'deezer', nature: 'the last one' }, on('2022-11-06'))
  expect((await allCells(world.context, breach!.slot)).map(({ log }) => [log.readings.length, log.subjects.length])).toEqual([[3, listeners]])
  await destroyFingerprints(world.context, breach!.slot, on('2022-12-01'))
  expect(await allCells(world.context, breach!.slot)).toEqual([])
  await expect(attributeBreach(world.context, { breach: breach!.id, sample }, on('2022-12-01'))).rejects.toMatchObject({ code: 'breach/nobody-known' })
})

const always = { after: -Infinity, by: -Infinity }
const evidence = (changed: number): Evidence => ({
  rows: Array.from({ length: 20 }, (_, row) => ({
    subject: String(row), presence: [{ ...always, value: 1 }],
    cells: new Map([['plan', { seen: row < changed ? 2 : 1, versions: row < changed ? [{ ...always, value: 1 }, { after: 50 + row, by: 50 + row, value: 2 }, { after: 90, by: 90, value: 3 }] : [{ ...always, value: 1 }] }]]),
  })),
  notFound: 0, columns: ['plan'], subjects: 1_000, from: 0, to: 1_000, unknown: [{ rows: 1_000, prior: 1, admits: () => true }], marked: [],
})
const copy = (id: string, at: number, more: Partial<CandidateCopy> = {}): CandidateCopy => ({ id, after: at, by: at, columns: new Set(['plan']), rows: 1_000, admits: () => true, drawnByKey: false, ...more })

test('five answers, and never a bare name', () => {
  const answer = (given: Evidence, copies: CandidateCopy[]): unknown => attribute(given, copies).answer
  expect(answer(evidence(10), [copy('right', 80), copy('early', 10), copy('late', 95)])).toEqual({ kind: 'only registered copy that fits', copy: 'right' })
  expect(answer(evidence(10), [copy('right', 80, { rows: 20, drawnByKey: true }), copy('early', 10)])).toMatchObject({ kind: 'identified', copy: 'right', by: 'versions' })
  // Whoever selected the same people may have taken them unrecorded: that this one was written down accuses it of nothing.
  expect(answer(evidence(10), [copy('right', 80, { rows: 20 }), copy('early', 10)])).toEqual({ kind: 'only registered copy that fits', copy: 'right' })
  expect(answer({ ...evidence(0), marked: [{ copy: 'marked', by: 'canary', certainty: 1 }] }, [])).toMatchObject({ kind: 'identified', copy: 'marked', by: 'canary' })
  expect(answer(evidence(10), [copy('one', 80), copy('other', 81)])).toEqual({ kind: 'one of', copies: ['one', 'other'] })
  expect(answer(evidence(10), [copy('early', 10), copy('late', 95)])).toEqual({ kind: 'no registered copy fits' })
  expect(answer(evidence(10), [copy('other columns', 80, { columns: new Set(['city']) })])).toEqual({ kind: 'no registered copy fits' })
  expect(answer(evidence(3), [copy('right', 80), copy('other', 10)])).toMatchObject({ kind: 'cannot tell' })
  expect(answer(evidence(3), [copy('right', 80, { rows: 20, drawnByKey: true }), copy('other', 10)])).toMatchObject({ kind: 'identified', copy: 'right', by: 'versions' })
  expect(attribute(evidence(10), []).taken).toMatchObject({ after: 59, by: 90, beginsWithLog: false })
})
