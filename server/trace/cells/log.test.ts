import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { levelOf, maskOf } from './codes.ts'
import { readCells, writeCells } from './file.ts'
import { HeldRows, subjectsMax, type Room } from './held.ts'
import { emptyCells, historiesOf, withoutRows, withReading } from './log.ts'
import type { CellLog } from './types.ts'

const times = process.env['BAILEE_FULL'] === '1' ? 10 : 1

interface Row { readonly subject: bigint; readonly others: readonly bigint[]; readonly cells: readonly number[] }
type Held = Map<bigint, { readonly others: readonly bigint[]; readonly cells: readonly number[] }>

/** What a log knows of each subject, written for the eye. */
interface Known { readonly present: number; readonly others: readonly bigint[]; readonly cells: readonly number[]; readonly changes: readonly string[]; readonly movements: readonly string[] }
interface Plain { readonly halved: number; readonly known: ReadonlyMap<bigint, Known> }

/** The same, one reading more, by holding every row: the plain way. */
function plainly({ halved: before, known }: Plain, rows: readonly Row[], reading: number, { room, others, columns }: { room: Room; others: number; columns: number }): Plain {
  const held: Held = new Map()
  for (const row of rows) {
    const had = held.get(row.subject)
    const less = (one: readonly (number | bigint)[], two: readonly (number | bigint)[]): number => { const at = one.findIndex((value, index) => value !== two[index]); return at < 0 ? 0 : one[at]! < two[at]! ? -1 : 1 }
    if (had === undefined || (less(row.cells, had.cells) || less(row.others.flatMap(words), had.others.flatMap(words))) < 0) held.set(row.subject, row)
  }
  const all = new Map([...new Set([...known.keys(), ...held.keys()])].map((subject): [bigint, Known] => {
    const [old, now] = [known.get(subject), held.get(subject)]
    const changes = now === undefined || old === undefined ? [] : now.cells.flatMap((cell, column) => (cell === old.cells[column] ? [] : [`${column} ${reading} ${old.cells[column]}`]))
    const moved = reading > 0 && (old?.present ?? 0) !== (now === undefined ? 0 : 1) ? [`${reading} ${now === undefined ? 0 : 1}`] : []
    return [subject, { present: now === undefined ? 0 : 1, others: now?.others ?? old!.others, cells: now?.cells ?? old!.cells, changes: [...old?.changes ?? [], ...changes], movements: [...old?.movements ?? [], ...moved] }]
  }))
  const most = subjectsMax({ identifiers: others + 1, columns }, room)
  const at = (halved: number): [bigint, Known][] => [...all].filter(([subject]) => subject % (1n << BigInt(halved)) === 0n)
  let halved = before
  while (at(halved).length > most || at(halved).reduce((sum, [, one]) => sum + one.changes.length + one.movements.length, 0) > room.changes) halved += 1
  return { halved, known: new Map(at(halved)) }
}

const words = (code: bigint): number[] => [Number(code & 0xffffffffn), Number(code >> 32n)]

function shown(log: CellLog): Plain {
  const changes = Map.groupBy([...log.changes.rows.keys()], (at) => log.changes.rows[at]!)
  const movements = Map.groupBy([...log.movements.rows.keys()], (at) => log.movements.rows[at]!)
  const width = log.columns.length
  return { halved: log.halved, known: new Map([...log.subjects].map((subject, row) => [subject, {
    present: log.present[row]!, others: log.others.map((codes) => codes[row]!), cells: [...log.cells.subarray(row * width, (row + 1) * width)],
    changes: (changes.get(row) ?? []).map((at) => `${log.changes.columns[at]} ${log.changes.readings[at]} ${log.changes.before[at]}`), movements: (movements.get(row) ?? []).map((at) => `${log.movements.readings[at]} ${log.movements.present[at]}`),
  }])) }
}

const start = (others: number, columns: number): CellLog => emptyCells({ key: Buffer.alloc(32), table: 't', identifiers: Array.from({ length: others + 1 }, (_, at) => `i${at}`), columns: Array.from({ length: columns }, (_, at) => `c${at}`) })

/** Some rows a call. */
function take(held: HeldRows, rows: readonly Row[], each = 3): void {
  for (let from = 0; from < rows.length; from += each) {
    const some = rows.slice(from, from + each)
    held.take(Uint32Array.from(some.flatMap(({ subject, others, cells }) => [...words(subject), ...others.flatMap(words), ...cells])), some.length)
  }
}

const readings = fc.record({ others: fc.nat({ max: 2 }), columns: fc.integer({ min: 0, max: 3 }), cells: fc.integer({ min: 8, max: 200 }), changes: fc.integer({ min: 3, max: 100 }) }).chain((shape) => {
  const code = fc.oneof(fc.bigInt({ min: 1n, max: 40n }), fc.bigInt({ min: 1n, max: 40n }).map((code) => code << 30n), fc.bigInt({ min: 1n, max: 40n }).map((code) => 2n ** 64n - code), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  const row = fc.record({ subject: code, others: fc.array(fc.oneof(fc.constant(0n), code), { minLength: shape.others, maxLength: shape.others }), cells: fc.array(fc.nat({ max: 3 }), { minLength: shape.columns, maxLength: shape.columns }) })
  return fc.record({ shape: fc.constant(shape), tables: fc.array(fc.array(row, { maxLength: 60 }), { minLength: 1, maxLength: 4 }), turned: fc.boolean() })
})

test('what is let go of while it is read is what would be left out of everything at the end, in any order of rows', () => fc.assert(fc.property(readings, ({ shape: { others, columns, ...room }, tables, turned }) => {
  let [log, plain]: [CellLog, Plain] = [start(others, columns), { halved: 0, known: new Map() }]
  for (const [reading, rows] of tables.entries()) {
    const held = new HeldRows({ identifiers: others + 1, columns }, { halved: log.halved, room })
    take(held, turned ? rows.toReversed() : rows)
    expect(held.codes.size).toBeLessThanOrEqual(subjectsMax({ identifiers: others + 1, columns }, room))
    log = withReading(log, held, reading, room)
    plain = plainly(plain, rows, reading, { room, others, columns })
    expect(shown(log)).toEqual(plain)
    expect([...log.subjects]).toEqual([...log.subjects].sort((a, b) => (a < b ? -1 : 1)))
  }
}), { numRuns: 1_500 * times }))

test('a log of more than a few pieces comes back from its file, and those who are to be forgotten are out of it', async () => {
  const [others, columns] = [1, 3]
  const rowsAt = (reading: number): Row[] => Array.from({ length: 80_000 }, (_, at) => ({ subject: BigInt(at + reading) * 0x9e3779b97f4a7c15n % 2n ** 64n, others: [BigInt(at)], cells: [at, reading, at % 7] })).filter((_, at) => at % (reading + 2) !== 0)
  let log = start(others, columns)
  for (const reading of [0, 1]) {
    const held = new HeldRows({ identifiers: 2, columns }, { halved: 0 })
    take(held, rowsAt(reading), 1_000)
    log = withReading(log, held, reading)
  }
  expect(log.changes.rows.length).toBeGreaterThan(65_536)
  const directory = mkdtempSync(join(tmpdir(), 'bailee-cells-'))
  try {
    const [file, key] = [join(directory, 'log'), Buffer.alloc(32, 5)]
    await writeCells(file, log, key)
    expect(await readCells(file, key)).toEqual(log)
    await writeCells(file, { ...log, coding: 'hmac' }, key)
    expect((await readCells(file, key))?.coding).toBe('hmac')
  } finally {
    rmSync(directory, { recursive: true })
  }
  const gone = Uint8Array.from(log.subjects, (_, row) => (row % 3 === 0 ? 1 : 0))
  const before = shown(log).known
  expect(shown(withoutRows(log, gone)).known).toEqual(new Map([...before].filter((_, row) => row % 3 !== 0)))
  const row = log.changes.rows[0]!
  expect(historiesOf(log, new Set([row])).cell(row, log.changes.columns[0]!).map(({ value }) => value)).toEqual([log.changes.before[0], log.cells[row * columns + log.changes.columns[0]!]])
})

test.each([0, 1, 31, 32, 33, 63, 64])('a sample that is halved %i times follows the codes that end in as many noughts', (halved) => {
  const { low, high } = maskOf(halved)
  for (const code of [0n, 1n, 1n << 31n, 1n << 32n, 3n << 33n, 1n << 63n, 2n ** 64n - 1n]) {
    const [one, two] = words(code) as [number, number]
    expect((one & low) === 0 && (two & high) === 0).toBe(halved === 64 ? code === 0n : code % (1n << BigInt(halved)) === 0n)
    if (code !== 0n) expect(levelOf(one, two)).toBe([...code.toString(2)].toReversed().indexOf('1'))
  }
})
