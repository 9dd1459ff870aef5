import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labelOf, testRows } from './deidentify.ts'
import { CodeCounts, CodeTable } from './groups.ts'
import { changeRows } from './rows.ts'
import type { Transform } from './types.ts'

const names = ['town', 'age', 'illness'] as const
const value = fc.option(fc.constantFrom('', 'a', 'b', '"'), { freq: 6 })
const written = (one: string | null): string => (one === null ? '' : `"${one.replaceAll('"', '""')}"`)

test('alone, diversity and distance are what counting by hand gives', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(value, value, value), { maxLength: 40 }), async (rows) => {
    const text = rows.map((row) => `${row.map(written).join(',')}\n`).join('')
    const changed = changeRows((async function* () { yield Buffer.from(text) })(), { columns: names.map((name) => ({ name, transform: { kind: 'keep' } })), key: Buffer.alloc(32, 3), sensitive: ['illness', 'note'] })
    for await (const piece of changed.rows) expect(piece.length).toBeGreaterThan(0)
    const { isolation, inference, label } = changed.made()
    const by = (key: (row: (typeof rows)[number]) => unknown) => [...Map.groupBy(rows, (row) => JSON.stringify(key(row))).values()]
    const all = by((row) => row).map((group) => group.length)
    expect(isolation).toEqual({ columns: [...names], groups: all.length, smallest: Math.min(...all, all.length === 0 ? 0 : Infinity), alone: all.filter((one) => one === 1).length, counted: rows.length })
    const groups = by(([town, age]) => [town, age])
    const share = (group: typeof rows, illness: string | null): number => group.filter((row) => row[2] === illness).length / group.length
    const values = [...new Set(rows.map((row) => row[2]))]
    const distances = groups.map((group) => values.reduce((sum, illness) => sum + Math.abs(share(group, illness) - share(rows, illness)), 0) / 2)
    const distinct = groups.map((group) => new Set(group.map((row) => row[2])).size)
    expect(inference).toEqual([{ column: 'illness', groups: groups.length, diversity: Math.min(...distinct, distinct.length === 0 ? 0 : Infinity), alike: distinct.filter((one) => one === 1).length, distance: Math.round(Math.max(0, ...distances) * 1_000) / 1_000, counted: rows.length }])
    expect(label === 'passes three tests').toBe(rows.length > 0 && !all.includes(1) && !distinct.includes(1))
  }), { numRuns: 60 })
})

test('a copy passes only when every test was made of every row and nothing failed', () => {
  const passes = { isolation: { columns: ['town'], groups: 2, smallest: 3, alone: 0, counted: 6 }, inference: [{ column: 'illness', groups: 1, diversity: 2, alike: 0, distance: 0.1, counted: 6 }], byKey: [], rows: 6 }
  expect(labelOf(passes)).toBe('passes three tests')
  for (const failing of [{ byKey: ['id'] }, { inference: [] }, { rows: 7 }, { isolation: { ...passes.isolation, alone: 1 } }, { inference: [{ ...passes.inference[0]!, alike: 1 }] }, { inference: [{ ...passes.inference[0]!, counted: 5 }] }]) expect(labelOf({ ...passes, ...failing }), JSON.stringify(failing)).toBe('pseudonymised')
})

test('a table of codes tells apart as many as it may, and no more', () => {
  const table = new CodeTable(5_000)
  const first = Array.from({ length: 6_000 }, (_, at) => table.indexOf(at % 7, at))
  expect([first.filter((one) => one >= 0).length, table.size, table.indexOf(0, 0), table.indexOf(6, 4_997 - 4_997 % 7 + 6)]).toEqual([5_000, 5_000, 0, 4_997 - 4_997 % 7 + 6])
  const tests = testRows([], [])
  tests.add(new Int32Array(0))
  expect(tests.result().isolation).toEqual({ columns: [], groups: 1, smallest: 1, alone: 1, counted: 1 })
})

test('codes are counted without a number: as many things as there may be, the fewest of one, and those that are there once', () => {
  const counts = new CodeCounts(5_000)
  const added = Array.from({ length: 6_000 }, (_, at) => counts.add(Math.imul(at, 0x9e3779b1), at - 3_000))
  expect([added.filter(Boolean).length, counts.size, counts.add(0, -3_000), counts.add(0, 7), counts.result()]).toEqual([5_000, 5_000, true, false, { smallest: 1, alone: 4_999 }])
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), { maxLength: 300 }), (codes) => {
    const one = new CodeCounts(1_000)
    for (const [high, low] of codes) one.add(high, low)
    const groups = [...Map.groupBy(codes, String).values()].map((group) => group.length)
    expect([one.size, one.result()]).toEqual([groups.length, { smallest: groups.length === 0 ? 0 : Math.min(...groups), alone: groups.filter((many) => many === 1).length }])
  }), { numRuns: 60 })
})

const people = Array.from({ length: 240 }, (_, at) => ({ id: String(at), town: ['Bari', 'Como', 'Lodi'][at % 3]!, born: `19${50 + (at * 7) % 40}-0${1 + at % 9}-11`, spent: String((at * 37) % 90), plan: at % 11 === 0 ? 'gold' : 'free' }))
type Person = (typeof people)[number]
const rowsOf = async (names: readonly (keyof Person)[], transforms: readonly Transform[], key: Uint8Array): Promise<{ rows: string[][]; made: ReturnType<ReturnType<typeof changeRows>['made']> }> => {
  const changed = changeRows((async function* () { yield Buffer.from(people.map((one) => `${names.map((name) => one[name]).join(',')}\n`).join('')) })(), { columns: names.map((name, at) => ({ name, transform: transforms[at]! })), key })
  const pieces: Uint8Array[] = []
  for await (const piece of changed.rows) pieces.push(piece)
  return { rows: Buffer.concat(pieces).toString().trimEnd().split('\n').map((line) => line.split(',').map((value) => value.replaceAll('"', ''))), made: changed.made() }
}

test('joined back with its source on every combination of what was kept, a copy singles out no more records than it says, and none of a smaller group', async () => {
  const names = ['town', 'born', 'spent', 'plan'] as const
  const { rows, made } = await rowsOf(names, [{ kind: 'keep' }, { kind: 'year' }, { kind: 'round', step: '10' }, { kind: 'keep' }], Buffer.alloc(32, 5))
  const source = people.map((one) => [one.town, `${one.born.slice(0, 4)}-01-01`, String(Math.floor((Number(one.spent) + 5) / 10) * 10), one.plan])
  const attempts = Array.from({ length: 15 }, (_, at) => names.flatMap((__, column) => (((at + 1) >> column) % 2 === 1 ? [column] : []))).map((columns) => {
    const groups = Map.groupBy(source, (row) => columns.map((column) => row[column]).join())
    const sizes = rows.map((row) => groups.get(columns.map((column) => row[column]).join())?.length ?? 0)
    return { columns: columns.map((column) => names[column]), k: Math.min(...sizes), singles: sizes.filter((many) => many === 1).length }
  })
  expect(attempts.at(-1)).toEqual({ columns: [...names], k: made.isolation.smallest, singles: made.isolation.alone })
  for (const { columns, k, singles } of attempts) {
    expect(k, columns.join()).toBeGreaterThanOrEqual(made.isolation.smallest)
    expect(singles, columns.join()).toBeLessThanOrEqual(made.linkage!.alone)
  }
  expect(attempts.filter(({ columns }) => columns.length === 1).map(({ columns: [column], k, singles }) => `${column}: k ${k}, ${singles} single`)).toEqual(['town: k 80, 0 single', 'born: k 6, 0 single', 'spent: k 13, 0 single', 'plan: k 22, 0 single'])
})

test('tokens of few possible values are not reversed by a dictionary of all of them without the key, and are with it', async () => {
  const key = Buffer.alloc(32, 6)
  const { rows } = await rowsOf(['id', 'id', 'id'], [{ kind: 'token' }, { kind: 'email' }, { kind: 'phone' }], key)
  const found = new Set(rows.flatMap(([token = '', address = '', number = '']) => [token, address.split('@')[0]!, number]))
  const phoneOf = (hash: string): string => `+999${(Number.parseInt(hash.slice(0, 11), 16) % 1e11).toString().padStart(11, '0')}`
  const guesses = (made: (value: string) => string): string[] => people.flatMap(({ id }) => { const hash = made(id); return [hash.slice(0, 32), phoneOf(hash)] }).filter((one) => found.has(one))
  expect(guesses((value) => createHmac('sha256', key).update(value).digest('hex'))).toHaveLength(2 * people.length)
  const others = [Buffer.alloc(0), Buffer.alloc(32), Buffer.alloc(32, 7), Buffer.from('key')]
  expect(others.flatMap((other) => guesses((value) => createHmac('sha256', other).update(value).digest('hex')))).toEqual([])
  expect(['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) => guesses((value) => createHash(algorithm).update(value).digest('hex')))).toEqual([])
})
