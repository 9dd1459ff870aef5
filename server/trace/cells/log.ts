/** The log of cells, from one reading to the next. Pure. */
import type { Instant } from '#kit/time'
import type { CellChange, CellLog, Movement, SampledCell, Version } from './types.ts'

/** Cells followed of one table: 256 MiB of codes. Of more, every other subject is left out, by the bits of its own code. */
export const cellsMax = 64 * 1024 * 1024

/** A log that has read nothing yet. */
export function emptyCells({ key, table, identifiers, columns }: Pick<CellLog, 'key' | 'table' | 'identifiers' | 'columns'>): CellLog {
  return { key, table, identifiers, columns, halved: 0, readings: [], subjects: new BigUint64Array(0), others: identifiers.slice(1).map(() => new BigUint64Array(0)), cells: new Uint32Array(0), present: new Uint8Array(0), changes: [], movements: [] }
}

/** Whether a subject is among those that are followed. */
export const isFollowed = (subject: bigint, halved: number): boolean => (subject & ((1n << BigInt(halved)) - 1n)) === 0n

/** One row as it was read; of several rows of one subject, the first counts. */
export interface ReadRow { readonly subject: bigint; readonly others: readonly bigint[]; readonly cells: readonly number[] }

/** The log with one reading more. `rows` by subject. Rows that are not there any more keep what they held last. */
export function withReading(log: CellLog, rows: ReadonlyMap<bigint, ReadRow>, at: Instant): CellLog {
  const halved = halvedFor(log, rows)
  const before = log.readings.length === 0 ? log : sampled(log, halved)
  const reading = before.readings.length
  const known = new Map<bigint, number>()
  before.subjects.forEach((subject, row) => known.set(subject, row))
  const all = [...new Set([...before.subjects, ...[...rows.keys()].filter((subject) => isFollowed(subject, halved))])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const width = log.columns.length
  const cells = new Uint32Array(all.length * width)
  const present = new Uint8Array(all.length)
  const others = log.others.map(() => new BigUint64Array(all.length))
  const placed = new Uint32Array(before.subjects.length)
  const [changes, movements]: [CellChange[], Movement[]] = [[], []]
  all.forEach((subject, row) => {
    const [old, read] = [known.get(subject), rows.get(subject)]
    if (old !== undefined) placed[old] = row
    present[row] = read === undefined ? 0 : 1
    const was = old === undefined ? 0 : before.present[old]!
    if (reading > 0 && was !== present[row]) movements.push({ row, reading, present: present[row] as 0 | 1 })
    others.forEach((codes, which) => { codes[row] = read?.others[which] ?? (old === undefined ? 0n : before.others[which]![old]!) })
    for (let column = 0; column < width; column += 1) {
      const held = old === undefined ? undefined : before.cells[old * width + column]!
      const now = read === undefined ? held! : read.cells[column]!
      cells[row * width + column] = now
      if (held !== undefined && held !== now) changes.push({ row, column, reading, before: held })
    }
  })
  const moved = <Kept extends { readonly row: number }>(kept: readonly Kept[]): Kept[] => kept.map((one) => ({ ...one, row: placed[one.row]! }))
  return { ...before, halved, readings: [...before.readings, at], subjects: BigUint64Array.from(all), others, cells, present, changes: [...moved(before.changes), ...changes], movements: [...moved(before.movements), ...movements] }
}

function halvedFor(log: CellLog, rows: ReadonlyMap<bigint, ReadRow>): number {
  let { halved } = log
  const count = (): number => [...rows.keys()].reduce((sum, subject) => sum + (isFollowed(subject, halved) ? 1 : 0), 0)
  while (count() * log.columns.length > cellsMax) halved += 1
  return halved
}

function sampled(log: CellLog, halved: number): CellLog {
  if (halved === log.halved) return log
  return only(log, (subject) => isFollowed(subject, halved))
}

/** The log without these subjects: somebody is forgotten. */
export function withoutSubjects(log: CellLog, gone: ReadonlySet<bigint>): CellLog {
  return only(log, (subject) => !gone.has(subject))
}

function only(log: CellLog, keeps: (subject: bigint) => boolean): CellLog {
  const width = log.columns.length
  const rows = [...log.subjects.keys()].filter((row) => keeps(log.subjects[row]!))
  const placed = new Map(rows.map((row, at) => [row, at]))
  const pick = <Kept extends { readonly row: number }>(kept: readonly Kept[]): Kept[] => kept.flatMap((one) => (placed.has(one.row) ? [{ ...one, row: placed.get(one.row)! }] : []))
  const cells = new Uint32Array(rows.length * width)
  rows.forEach((row, at) => cells.set(log.cells.subarray(row * width, (row + 1) * width), at * width))
  return {
    ...log, subjects: BigUint64Array.from(rows, (row) => log.subjects[row]!), others: log.others.map((codes) => BigUint64Array.from(rows, (row) => codes[row]!)), cells,
    present: Uint8Array.from(rows, (row) => log.present[row]!), changes: pick(log.changes), movements: pick(log.movements),
  }
}

/** What the log tells of some rows. */
export interface CellHistory {
  presence(row: number): readonly Version[]
  cell(row: number, column: number): SampledCell['versions']
}

/** The histories of these rows, gathered in one pass over what changed. */
export function historiesOf(log: CellLog, rows: ReadonlySet<number>): CellHistory {
  const width = log.columns.length
  const changes = Map.groupBy(log.changes.filter(({ row }) => rows.has(row)), ({ row, column }) => row * width + column)
  const movements = Map.groupBy(log.movements.filter(({ row }) => rows.has(row)), ({ row }) => row)
  const from = (reading: number): Pick<Version, 'after' | 'by'> => ({ after: log.readings[reading - 1] ?? -Infinity, by: log.readings[reading]! })
  const always = { after: -Infinity, by: -Infinity }
  return {
    presence: (row) => {
      const moved = movements.get(row) ?? []
      const first = moved[0] === undefined ? log.present[row]! : 1 - moved[0].present
      return [{ ...always, value: first }, ...moved.map(({ reading, present }) => ({ ...from(reading), value: present }))]
    },
    cell: (row, column) => {
      const changed = changes.get(row * width + column) ?? []
      const values = [...changed.map(({ before }) => before), log.cells[row * width + column]!]
      return values.map((value, at) => ({ ...(at === 0 ? always : from(changed[at - 1]!.reading)), value }))
    },
  }
}
