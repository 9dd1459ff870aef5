/** The log of cells, from one reading to the next. Pure. */
import type { Instant } from '#kit/time'
import { halvesOf, levelOf, levels, maskOf, type Mask } from './codes.ts'
import { fullRoom, subjectsMax, type HeldRows, type Room } from './held.ts'
import type { CellLog, Changes, Movements, SampledCell, Version } from './types.ts'

/** A log that has read nothing yet. */
export function emptyCells({ key, table, identifiers, columns }: Pick<CellLog, 'key' | 'table' | 'identifiers' | 'columns'>): CellLog {
  return {
    key, coding: 'siphash', table, identifiers, columns, halved: 0, readings: [], subjects: new BigUint64Array(0), others: identifiers.slice(1).map(() => new BigUint64Array(0)), cells: new Uint32Array(0), present: new Uint8Array(0),
    changes: noChanges(0), movements: noMovements(0),
  }
}

/** Room for so many, all nought. */
export const noChanges = (count: number): Changes => ({ rows: new Uint32Array(count), columns: new Uint16Array(count), readings: new Uint32Array(count), before: new Uint32Array(count) })
export const noMovements = (count: number): Movements => ({ rows: new Uint32Array(count), readings: new Uint32Array(count), present: new Uint8Array(count) })

/** `rows`: where each of the sorted codes of the reading stands among what is held. */
interface Both { readonly log: CellLog; readonly held: HeldRows; readonly codes: BigUint64Array; readonly rows: Uint32Array }

/** A subject of the log, of the reading, or of both: its row in each, less than nothing where it is not there. */
type Visit = (old: number, read: number, low: number, high: number) => void

/** Every subject that this mask lets through, least code first. */
function eachSubject({ log, codes, rows }: Both, mask: Mask, visit: Visit): void {
  const was = halvesOf(log.subjects)
  const now = halvesOf(codes)
  let i = 0
  let j = 0
  while (i < was.length || j < now.length) {
    const order = i >= was.length ? 1 : j >= now.length ? -1 : was[i + 1]! - now[j + 1]! || was[i]! - now[j]!
    const low = order <= 0 ? was[i]! : now[j]!
    const high = order <= 0 ? was[i + 1]! : now[j + 1]!
    if ((low & mask.low) === 0 && (high & mask.high) === 0) visit(order <= 0 ? i / 2 : -1, order >= 0 ? rows[j / 2]! : -1, low, high)
    if (order <= 0) i += 2
    if (order >= 0) j += 2
  }
}

/** The log with one reading more. Rows that are not there any more keep what they held last. What there is no room for is left out, by every other subject. */
export function withReading(log: CellLog, held: HeldRows, at: Instant, room: Room = fullRoom): CellLog {
  const { codes, numbers } = held.codes.sorted()
  const both = { log, held, codes, rows: numbers }
  const sizes = sizesOf(both, room)
  const rows = sizes.rows
  const width = log.columns.length
  const [subjects, cells, present] = [new BigUint64Array(rows), new Uint32Array(rows * width), new Uint8Array(rows)]
  const others = log.others.map(() => new BigUint64Array(rows))
  const [halves, otherHalves, otherHalvesBefore] = [halvesOf(subjects), others.map(halvesOf), log.others.map(halvesOf)]
  const placed = new Uint32Array(log.subjects.length).fill(notPlaced)
  const [changes, movements] = [noChanges(sizes.changes + sizes.kept), noMovements(sizes.movements + sizes.moved)]
  let [row, changed, moved] = [0, sizes.kept, sizes.moved]
  const reading = log.readings.length
  eachSubject(both, maskOf(sizes.halved), (old, read, low, high) => {
    halves[2 * row] = low
    halves[2 * row + 1] = high
    present[row] = read < 0 ? 0 : 1
    if (old >= 0) placed[old] = row
    if (hasMoved(log, old, read)) setMovement(movements, moved++, { row, reading, present: present[row]! })
    for (let word = 0; word < 2 * others.length; word += 1) otherHalves[word >> 1]![2 * row + (word & 1)] = read < 0 ? otherHalvesBefore[word >> 1]![2 * old + (word & 1)]! : held.word(read, word)
    if (read < 0) cells.set(log.cells.subarray(old * width, (old + 1) * width), row * width)
    else held.copyCells(read, cells, row * width)
    for (let column = 0; old >= 0 && read >= 0 && column < width; column += 1) {
      const before = log.cells[old * width + column]!
      if (before !== cells[row * width + column]) setChange(changes, changed++, { row, column, reading, before })
    }
    row += 1
  })
  keepPlaced(log, placed, { changes, movements })
  return { ...log, halved: sizes.halved, readings: [...log.readings, at], subjects, others, cells, present, changes, movements }
}

const notPlaced = 0xffffffff

/** Who came, or was gone, since the reading before; at the first, nobody did. */
function hasMoved({ readings, present }: CellLog, old: number, read: number): boolean {
  return readings.length > 0 && (old >= 0 && present[old] === 1) !== (read >= 0)
}

function setChange(changes: Changes, at: number, { row, column, reading, before }: { readonly row: number; readonly column: number; readonly reading: number; readonly before: number }): void {
  changes.rows[at] = row
  changes.columns[at] = column
  changes.readings[at] = reading
  changes.before[at] = before
}

function setMovement(movements: Movements, at: number, { row, reading, present }: { readonly row: number; readonly reading: number; readonly present: number }): void {
  movements.rows[at] = row
  movements.readings[at] = reading
  movements.present[at] = present
}

/** Writes what was known before in front, by the rows where its subjects stand now. */
function keepPlaced({ changes: before, movements: movedBefore }: CellLog, placed: Uint32Array, { changes, movements }: { readonly changes: Changes; readonly movements: Movements }): void {
  let to = 0
  for (let at = 0; at < before.rows.length; at += 1) {
    const row = placed[before.rows[at]!]!
    if (row !== notPlaced) setChange(changes, to++, { row, column: before.columns[at]!, reading: before.readings[at]!, before: before.before[at]! })
  }
  to = 0
  for (let at = 0; at < movedBefore.rows.length; at += 1) {
    const row = placed[movedBefore.rows[at]!]!
    if (row !== notPlaced) setMovement(movements, to++, { row, reading: movedBefore.readings[at]!, present: movedBefore.present[at]! })
  }
}

/** How many of each the log will have, `kept` and `moved` of them known before, and how often its sample is halved for it. */
interface Sizes { readonly halved: number; readonly rows: number; readonly changes: number; readonly movements: number; readonly kept: number; readonly moved: number }

function sizesOf(both: Both, room: Room): Sizes {
  const { log, held } = both
  const width = log.columns.length
  const first = 2 * (log.identifiers.length - 1)
  const [rows, changes, movements, kept, moved] = Array.from({ length: 5 }, () => new Float64Array(levels)) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
  let halved = Math.max(log.halved, held.halved)
  eachSubject(both, maskOf(halved), (old, read, low, high) => {
    const level = levelOf(low, high)
    rows[level]! += 1
    if (hasMoved(log, old, read)) movements[level]! += 1
    for (let column = 0; old >= 0 && read >= 0 && column < width; column += 1) if (log.cells[old * width + column] !== held.word(read, first + column)) changes[level]! += 1
  })
  const halves = halvesOf(log.subjects)
  for (const row of log.changes.rows) kept[levelOf(halves[2 * row]!, halves[2 * row + 1]!)]! += 1
  for (const row of log.movements.rows) moved[levelOf(halves[2 * row]!, halves[2 * row + 1]!)]! += 1
  const from = (counts: Float64Array): number => counts.subarray(halved).reduce((sum, count) => sum + count, 0)
  const fits = (): boolean => from(rows) <= subjectsMax({ identifiers: log.identifiers.length, columns: width }, room) && [changes, movements, kept, moved].reduce((sum, counts) => sum + from(counts), 0) <= room.changes
  while (halved < levels - 1 && !fits()) halved += 1
  return { halved, rows: from(rows), changes: from(changes), movements: from(movements), kept: from(kept), moved: from(moved) }
}

/** The log without these rows, by a mark each: somebody is forgotten. */
export function withoutRows(log: CellLog, gone: Uint8Array): CellLog {
  const width = log.columns.length
  const placed = new Uint32Array(log.subjects.length).fill(notPlaced)
  let rows = 0
  for (let row = 0; row < placed.length; row += 1) if (gone[row] === 0) placed[row] = rows++
  const pick = <Numbers extends BigUint64Array | Uint32Array | Uint8Array>(from: Numbers, to: Numbers, each = 1): Numbers => {
    placed.forEach((at, row) => { if (at !== notPlaced) to.set(from.subarray(row * each, (row + 1) * each) as never, at * each) })
    return to
  }
  const count = (all: Uint32Array): number => all.reduce((sum, row) => sum + (placed[row] === notPlaced ? 0 : 1), 0)
  const [changes, movements] = [noChanges(count(log.changes.rows)), noMovements(count(log.movements.rows))]
  keepPlaced(log, placed, { changes, movements })
  return {
    ...log, subjects: pick(log.subjects, new BigUint64Array(rows)), others: log.others.map((codes) => pick(codes, new BigUint64Array(rows))), cells: pick(log.cells, new Uint32Array(rows * width), width),
    present: pick(log.present, new Uint8Array(rows)), changes, movements,
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
  const wanted = new Uint8Array(log.subjects.length)
  for (const row of rows) wanted[row] = 1
  const changes = gathered(log.changes.rows, wanted, (at) => log.changes.rows[at]! * width + log.changes.columns[at]!)
  const movements = gathered(log.movements.rows, wanted, (at) => log.movements.rows[at]!)
  const from = (reading: number): Pick<Version, 'after' | 'by'> => ({ after: log.readings[reading - 1] ?? -Infinity, by: log.readings[reading]! })
  const always = { after: -Infinity, by: -Infinity }
  return {
    presence: (row) => {
      const moved = movements.get(row) ?? []
      const first = moved[0] === undefined ? log.present[row]! : 1 - log.movements.present[moved[0]]!
      return [{ ...always, value: first }, ...moved.map((at) => ({ ...from(log.movements.readings[at]!), value: log.movements.present[at]! }))]
    },
    cell: (row, column) => {
      const changed = changes.get(row * width + column) ?? []
      const values = [...changed.map((at) => log.changes.before[at]!), log.cells[row * width + column]!]
      return values.map((value, at) => ({ ...(at === 0 ? always : from(log.changes.readings[changed[at - 1]!]!)), value }))
    },
  }
}

/** Where entries of wanted rows stand, by a key of each. */
function gathered(rows: Uint32Array, wanted: Uint8Array, keyOf: (at: number) => number): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>()
  for (let at = 0; at < rows.length; at += 1) {
    if (wanted[rows[at]!] === 0) continue
    const [key, list] = [keyOf(at), found.get(keyOf(at))]
    if (list === undefined) found.set(key, [at])
    else list.push(at)
  }
  return found
}
