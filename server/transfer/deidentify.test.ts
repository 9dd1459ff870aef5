import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labelOf, testRows } from './deidentify.ts'
import { CodeTable } from './groups.ts'
import { changeRows } from './rows.ts'

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
