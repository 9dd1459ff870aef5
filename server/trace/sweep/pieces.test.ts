import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DatasetResult } from '../search/index.ts'
import type { SearchablePlace } from '../places.ts'
import type { SearchedPlace, StoreCoverage } from '../types.ts'
import { boundedCoverage, reasonsListedMax } from './coverage.ts'
import { namesOf } from './judge.ts'
import { columnKey } from './passes.ts'
import { planUnits } from './plan.ts'
import { readUnit } from './readUnit.ts'
import type { Unit } from './store.ts'
import { createThrottle } from './throttle.ts'
import { readUnits, writeUnits, type UnitOutcome } from './unitFile.ts'
import { hasEnded, workerName } from '#kit/worker'

const place = (name: string, signal?: string, units: readonly string[] = ['all']): SearchablePlace => ({
  store: { id: 'lab', environment: 'test', kind: 'postgres', declared: { id: 'lab', environment: 'test', kind: 'postgres' } }, place: name, bytes: 100, signal, units: () => units, open: () => { throw new Error('not opened') },
})
const unit = (number: number, name: string, more: Partial<Unit> = {}): Unit => ({ number, store: 'lab', place: name, unit: 'all', bytes: 100, signal: null, state: 'done', attempts: 1, readAt: 1, file: 'f', sha256: 'h', because: null, ...more })
const result = { partly: [], unread: 0 } as unknown as SearchedPlace
const known = (name: string, signal: string, fingerprints = 'now') => ({ store: 'lab', place: name, signal, fingerprints, readAt: 7, result })

test('units that were read stay, those of places that changed, failed, are gone or are cut otherwise do not', () => {
  const plan = planUnits({
    places: [place('same', 's'), place('changed', 'new'), place('failed'), place('grown', undefined, ['a', 'b', 'c']), place('whole', 's', ['a', 'b']), place('new')],
    units: [unit(1, 'same', { signal: 's' }), unit(2, 'changed', { signal: 'old' }), unit(3, 'failed', { state: 'unread', because: 'away' }), unit(4, 'gone'), unit(5, 'grown', { unit: 'a' }), unit(6, 'grown', { unit: 'b' }), unit(7, 'whole', { signal: 's' })],
    kept: [], fingerprints: 'now',
  })
  expect(plan.dropped).toEqual([2, 3, 4, 5, 6])
  expect(plan.planned.map((planned) => `${planned.place} ${planned.unit}`)).toEqual(['changed all', 'failed all', 'grown a', 'grown b', 'grown c', 'new all'])
  expect(plan.carried).toEqual([])
})

test('a result is carried over only under the same signal and for the same fingerprints, with the moment when the place was read', () => {
  const plan = planUnits({ places: [place('same', 's'), place('changed', 'new'), place('other', 's'), place('silent')], units: [], kept: [known('same', 's'), known('changed', 'old'), known('other', 's', 'before'), known('silent', '')], fingerprints: 'now' })
  expect(plan.carried).toEqual([{ ...result, readAt: 7 }])
  expect(plan.planned.map((planned) => planned.place)).toEqual(['changed', 'other', 'silent'])
})

const outcomes = fc.dictionary(fc.nat({ max: 99 }).map(String), fc.record({
  moment: fc.option(fc.string()),
  parts: fc.array(fc.record({ name: fc.string(), kind: fc.string(), columns: fc.option(fc.array(fc.string())), firstLine: fc.option(fc.array(fc.string())), partly: fc.array(fc.string()), cut: fc.boolean(), tallies: fc.array(fc.uint8Array({ maxLength: 40 })), sketches: fc.array(fc.uint8Array({ maxLength: 40 })) }), { maxLength: 3 }),
  unread: fc.array(fc.record({ name: fc.string(), because: fc.string() }), { maxLength: 2 }),
}), { maxKeys: 4 })

test('what was read of units comes back as it was; altered by one bit, under another key or name, it is refused, and nobody else may read its file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-units-'))
  const file = join(directory, 'one.unit')
  const sealing = { key: randomBytes(32), name: 'SWP-1/one.unit' }
  try {
    await fc.assert(fc.asyncProperty(outcomes, fc.nat(), async (given, at) => {
      const map = new Map(Object.entries(given).map(([number, outcome]): [number, UnitOutcome] => [Number(number), outcome]))
      const sha256 = await writeUnits(file, map, { ...sealing, random: randomBytes })
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const hex = (pieces: readonly Uint8Array[]): string[] => pieces.map((piece) => Buffer.from(piece).toString('hex'))
      const plain = (all: Map<number, UnitOutcome>) => [...all].map(([number, { parts, unread, moment }]) => [number, unread, moment, parts.map((part) => ({ ...part, tallies: hex(part.tallies), sketches: hex(part.sketches) }))])
      expect(plain(await readUnits(file, sha256, sealing))).toEqual(plain(map))
      for (const other of [{ ...sealing, key: randomBytes(32) }, { ...sealing, name: 'SWP-2/one.unit' }]) await expect(readUnits(file, sha256, other)).rejects.toMatchObject({ code: 'trace/unit-altered' })
      const bytes = readFileSync(file)
      bytes[at % bytes.length]! ^= 1
      writeFileSync(file, bytes)
      await expect(readUnits(file, sha256, sealing)).rejects.toMatchObject({ code: 'trace/unit-altered' })
    }), { numRuns: 15 })
    await expect(readUnits(join(directory, 'none'), '', sealing)).rejects.toMatchObject({ code: 'trace/unit-altered' })
  } finally {
    rmSync(directory, { recursive: true })
  }
})

const hits = (...columns: [number, string][]): DatasetResult[] => [{ dataset: 'd', fields: columns.map(([field, column]) => ({ field, column, hits: 5 })) } as unknown as DatasetResult]
const mail = [{ unlikeNames: new Set([columnKey('d', 'email')]) }]

test.each([
  ['names that the format tells', { columns: ['contact', 'notes'], firstLine: null }, hits([0, 'email']), ['contact', null]],
  ['a header line, where values were recognised', { columns: null, firstLine: ['n', 'E-Mail Address', 'surname'] }, hits([1, 'email'], [2, 'last_name']), [null, 'E-Mail Address', 'surname']],
  ['not a first line that is a record', { columns: null, firstLine: ['7', 'ada@example.test', 'Lovelace'] }, hits([1, 'email'], [2, 'last_name']), []],
  ['not one of names alone, which may be a person\'s', { columns: null, firstLine: ['Ada', 'Lovelace'] }, hits([0, 'first_name'], [1, 'last_name']), []],
  ['not one with a number in it', { columns: null, firstLine: ['mail', 'Rue 12345'] }, hits([0, 'email']), []],
  ['nothing where no line was seen', { columns: null, firstLine: null }, hits([0, 'email']), []],
])('what a copy calls its fields: %s', (_, part, results, names) => {
  expect(namesOf(part, results, mail)).toEqual(names)
})

test('reasons beyond the first of a store are counted by reason, and none is lost', () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 200 }), { maxLength: 600 }), (reasons) => {
    const not_read = reasons.map((reason, index) => ({ place: `f${index}`, because: `reason ${reason}` }))
    const [bounded] = boundedCoverage([{ store: 's', environment: 'e', kind: 'files', places: 0, not_read, partly_read: [] } satisfies StoreCoverage])
    const listed = bounded?.not_read ?? []
    expect(listed.length).toBeLessThanOrEqual(2 * reasonsListedMax + 1)
    const counted = listed.reduce((sum, one) => sum + Number(/^and (\d+) more$/.exec(one.place)?.[1] ?? 1), 0)
    expect(counted).toBe(not_read.length)
  }))
})

test('reading is slowed down to the rate asked for, and counted', async () => {
  const throttle = createThrottle(1_000_000, () => performance.now())
  const from = performance.now()
  async function* pieces(): AsyncGenerator<Uint8Array> { for (let piece = 0; piece < 10; piece += 1) { await Promise.resolve(); yield new Uint8Array(20_000) } }
  let bytes = 0
  for await (const piece of throttle.through(pieces())) bytes += piece.length
  expect([bytes, throttle.read()]).toEqual([200_000, 200_000])
  expect(performance.now() - from).toBeGreaterThan(150) // 0.2 s less one pause that is not worth a timer
})

test('a process of this machine that is not there has ended; this one has not, and of another machine nothing is known', () => {
  expect(hasEnded(workerName())).toBe(false)
  expect(hasEnded('elsewhere.example/1/ab')).toBe(false)
  const [host] = workerName().split('/')
  expect(hasEnded(`${host}/4194305/ab`), 'no process has a number that high').toBe(true)
})

test('a reader that fails as nobody foresaw makes its part not read, says no value of it, and ends no search', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('ann@mail.example\n')
    throw new RangeError('Invalid string length: ann@mail.example')
  }
  const part = { name: 'a', kind: 'CSV', shape: 'rows', delimiter: ',', bytes: failing(), partly: () => [] } as const
  const pass = { tokenKey: 'epoch/1', waits: false, unlikeNames: new Set<string>(), judge: () => { throw new Error('not judged') },
    tally: async (bytes: AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>)) => { const all = []; for await (const piece of typeof bytes === 'function' ? bytes() : bytes) all.push(piece); return { tally: () => Promise.resolve(new Uint8Array(1)), sketch: new Uint8Array(), cut: false } } }
  const opened = { open: async function* () { yield await Promise.resolve(part) } }
  expect(await (await readUnit(opened, 'all', { passes: [pass], through: (bytes) => bytes }))()).toEqual({ parts: [], unread: [{ name: 'a', because: 'its reader failed (RangeError)' }] })
  const unopened = { open: async function* () { await Promise.resolve(); throw new TypeError('ann@mail.example'); yield part } }
  expect(await (await readUnit(unopened, 'all', { passes: [pass], through: (bytes) => bytes }))()).toEqual({ parts: [], unread: [{ name: '', because: 'its reader failed (TypeError)' }] })
})
