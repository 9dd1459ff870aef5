/** Looks up a sample, such as a leak, in the logs of cells: whose people it holds, which field is which column, and what each of its cells held at other times. */
import type { Instant } from '#kit/time'
import type { TraceContext } from '../fingerprints.ts'
import { coderUnder, emptyCode } from './code.ts'
import { CodeTable, halvesOf } from './codes.ts'
import { openCells, type OpenedCells } from './life.ts'
import { historiesOf } from './log.ts'
import type { CellLog, Coder, SampledCell, SampledRow } from './types.ts'

/** Rows of text; `header`: what the fields are called, where that is known. */
export interface SampleTable { readonly header: readonly string[] | undefined; readonly rows: readonly (readonly string[])[] }

/** A value that many rows of the sample have in one column: those alike in it may be what somebody took. */
export interface Alike { readonly column: string; readonly share: number; readonly held: number; readonly admits: (row: number, at: Instant) => boolean }

/** What the log of one table tells of a sample. */
export interface SampleSeen {
  readonly dataset: string
  readonly table: string
  readonly controller: string
  readonly slot: number
  readonly rows: readonly SampledRow[]
  readonly notFound: number
  /** Fields of the sample that are known, by the column of the dataset. */
  readonly fields: readonly { readonly field: number; readonly name: string | null; readonly column: string }[]
  /** People among them: some have several rows. */
  readonly people: number
  readonly subjects: number
  readonly oneIn: number
  readonly readings: readonly Instant[]
  readonly alike: readonly Alike[]
  /** By column, the chance that somebody else has the same value as a row of the sample, as far as some of them tell. */
  readonly chance: ReadonlyMap<string, number>
  /** What stands in the column that counts a person, where the sample has it. */
  readonly text: (row: number) => string | undefined
  /** Whether a row held this value in that column. */
  readonly holds: (row: number, column: string, value: string, at: Instant) => boolean
  /** How many people hold this value in that column now, as the log knows it. */
  readonly count: (column: string, value: string) => number
}

/** Rows beyond these say no more of when and by whom. */
const rowsMax = 1_000
const fieldsMax = 200

/** Of the rows so many must be of people that the log knows, or it is no sample of that table. */
const identifiesFrom = 0.2

/** As many of these rows as are looked up, picked evenly. */
export function sampledEvenly(rows: SampleTable['rows']): SampleTable['rows'] {
  const step = Math.max(1, Math.floor(rows.length / rowsMax))
  return rows.filter((_, at) => at % step === 0).slice(0, rowsMax)
}

/** Every table whose people are in the sample, most rows first. The log of a controller whose key is gone tells nothing. */
export async function lookUpSample(context: TraceContext, sample: SampleTable, mayHold: (versions: SampledCell['versions'], value: number, at: Instant) => boolean): Promise<SampleSeen[]> {
  const rows = sampledEvenly(sample.rows)
  const seen: SampleSeen[] = []
  for await (const opened of openCells(context)) {
    const one = lookUpIn(opened, { ...sample, rows }, mayHold)
    if (one !== undefined) seen.push(one)
  }
  return seen.sort((a, b) => b.rows.length - a.rows.length)
}

function lookUpIn({ id, dataset, controller, slot, log }: OpenedCells, sample: SampleTable, mayHold: (versions: SampledCell['versions'], value: number, at: Instant) => boolean): SampleSeen | undefined {
  const coder = coderUnder(log.key, log.coding)
  const best = namedIn(log, sample, coder)
  if (best === undefined) return undefined
  const { named, found, versions, fields, histories } = best
  const fieldOf = new Map(fields.map(({ field, column }) => [column, field]))
  const rows = found.map(({ fields: texts, row }): SampledRow => ({
    subject: log.subjects[row]!.toString(16), presence: histories.presence(row),
    cells: new Map(log.columns.map((column, at): [string, SampledCell] => {
      const text = texts[fieldOf.get(column) ?? -1]
      const code = text === undefined ? emptyCode : coder.cell(log.subjects[row]!, column, text)
      return [column, { seen: code === emptyCode ? undefined : code, versions: versions.get(row)![at]! }]
    })),
  }))
  const holds = holderOf({ subjects: found.map(({ row }) => log.subjects[row]!), rows, coder, mayHold })
  const count = counterOf({ columns: log.columns, subjects: log.subjects.slice(0, countedMax), cells: log.cells.slice(0, countedMax * log.columns.length), all: log.subjects.length, coder })
  const identifier = { field: named.field, name: sample.header?.[named.field] ?? null, column: log.identifiers[named.identifier]! }
  return {
    dataset, table: id, controller, slot, rows, notFound: sample.rows.length - found.length, fields: [identifier, ...fields], people: new Set(found.map(({ row }) => row)).size, subjects: log.subjects.length, oneIn: 2 ** log.halved, readings: log.readings, holds, count,
    text: textOf(found.map((one) => (named.identifier === 0 ? one.fields[named.field]?.trim() : undefined))),
    chance: new Map(fields.map(({ field, column }) => [column, chanceOf(log, coder, column, found.map((one) => one.fields[field] ?? ''))])),
    alike: alikeIn({ texts: found.map((one) => one.fields), fields, subjects: log.subjects.length, holds, count }),
  }
}

// What is made here is kept with the answer, and the log is not: it may take some hundred megabytes. So nothing here knows of it.

interface Holding { readonly subjects: readonly bigint[]; readonly rows: readonly SampledRow[]; readonly coder: Coder; readonly mayHold: (versions: SampledCell['versions'], value: number, at: Instant) => boolean }

const holderOf = ({ subjects, rows, coder, mayHold }: Holding): SampleSeen['holds'] => (row, column, value, at) => {
  const cell = rows[row]?.cells.get(column)
  return cell !== undefined && mayHold(cell.versions, coder.cell(subjects[row]!, column, value), at)
}

const textOf = (texts: readonly (string | undefined)[]): SampleSeen['text'] => (row) => texts[row]

interface Identifier { readonly field: number; readonly identifier: number; readonly rows: readonly (number | undefined)[]; readonly found: number }
type Found = readonly { readonly fields: readonly string[]; readonly row: number }[]
interface Named { readonly named: Identifier; readonly found: Found; readonly versions: ReadonlyMap<number, readonly SampledCell['versions'][]>; readonly fields: ReturnType<typeof recognised>; readonly histories: ReturnType<typeof historiesOf> }

/** Fields that are tried as what names people: more of them name fewer. */
const identifiersMax = 6

/** Digits, however they are grouped: counted from 1 by many, or drawn from few, as telephone numbers are. */
const digitsAlone = /^[\d\s().+/-]*$/

/** Who is in a sample: by the field that names most people, of whom those named by digits alone count where another column agrees. */
function namedIn(log: CellLog, sample: SampleTable, coder: Coder): Named | undefined {
  let best: Named | undefined
  for (const named of identifiersIn(log, sample, coder).slice(0, identifiersMax)) {
    if (named.found <= (best?.found.length ?? 0)) break
    const all = sample.rows.flatMap((fields, at) => (named.rows[at] === undefined ? [] : [{ fields, row: named.rows[at] }]))
    const known = new Set(all.map(({ row }) => row))
    const histories = historiesOf(log, known)
    const versions = new Map([...known].map((row) => [row, log.columns.map((_, column) => histories.cell(row, column))]))
    const fields = recognised({ log, sample, coder, found: all, versions, taken: named.field })
    const agrees = ({ fields: texts, row }: Found[number]): boolean => fields.some(({ field, column }) => {
      const at = log.columns.indexOf(column)
      const code = coder.cell(log.subjects[row]!, column, texts[field] ?? null)
      return code !== emptyCode && versions.get(row)![at]!.some(({ value }) => value === code)
    })
    const found = all.filter((one) => !digitsAlone.test(one.fields[named.field] ?? '') || agrees(one))
    if (isEnough(log, found.length, sample) && found.length > (best?.found.length ?? 0)) best = { named, found, versions, fields, histories }
  }
  return best
}

const isEnough = (log: CellLog, found: number, { rows }: SampleTable): boolean => found > 0 && found >= identifiesFrom * rows.length / 2 ** log.halved

/** The fields whose values name subjects, most first, and the row of the log of each. */
function identifiersIn(log: CellLog, sample: SampleTable, coder: Coder): Identifier[] {
  const { rows } = sample
  const width = Math.min(fieldsMax, rows.reduce((most, fields) => Math.max(most, fields.length), 0))
  const identifiers: Identifier[] = []
  for (const [identifier, column] of log.identifiers.entries()) {
    const codes = identifier === 0 ? log.subjects : log.others[identifier - 1]!
    const wanted = new CodeTable()
    const asked = Array.from({ length: width }, (_, field) => rows.map((fields) => { const text = fields[field]; return text === undefined || text.trim() === '' ? undefined : numberIn(wanted, coder.subject(column, text)) }))
    const rowOf = rowsHolding(codes, wanted)
    for (const [field, list] of asked.entries()) {
      const placed = list.map((number) => (number === undefined ? undefined : rowOf[number]))
      const found = placed.filter((row) => row !== undefined).length
      if (isEnough(log, found, sample)) identifiers.push({ field, identifier, rows: placed, found })
    }
  }
  return identifiers.sort((a, b) => b.found - a.found)
}

interface Recognising { readonly log: CellLog; readonly sample: SampleTable; readonly coder: Coder; readonly found: Found; readonly versions: ReadonlyMap<number, readonly SampledCell['versions'][]>; readonly taken: number }

/** Which other field is which column: the one that agrees in most rows with any version of the cell; its own name decides where two are alike. */
function recognised({ log, sample, coder, found, versions, taken }: Recognising): { field: number; name: string | null; column: string }[] {
  const width = Math.min(fieldsMax, found.reduce((most, { fields }) => Math.max(most, fields.length), 0))
  const agreed: { field: number; column: number; share: number; named: boolean }[] = []
  for (let field = 0; field < width; field += 1) {
    if (field === taken) continue
    for (const [column, name] of log.columns.entries()) {
      let [filled, equal] = [0, 0]
      for (const { fields, row } of found) {
        const code = coder.cell(log.subjects[row]!, name, fields[field] ?? null)
        if (code === emptyCode) continue
        filled += 1
        if (versions.get(row)![column]!.some(({ value }) => value === code)) equal += 1
      }
      if (filled > 0 && equal >= 0.5 * filled) agreed.push({ field, column, share: equal / filled, named: sample.header?.[field]?.toLowerCase() === name.toLowerCase() })
    }
  }
  const [fields, columns] = [new Set<number>(), new Set<number>()]
  return agreed.sort((a, b) => Number(b.named) - Number(a.named) || b.share - a.share).flatMap(({ field, column }) => {
    if (fields.has(field) || columns.has(column)) return []
    fields.add(field)
    columns.add(column)
    return [{ field, name: sample.header?.[field] ?? null, column: log.columns[column]! }]
  })
}

/** The number of a code among those that are wanted. */
function numberIn(wanted: CodeTable, code: bigint): number {
  const [low, high] = [Number(code & 0xffffffffn), Number(code >> 32n)]
  const known = wanted.find(low, high)
  return known < 0 ? wanted.add(low, high) : known
}

/** The last row of each wanted code, by its number. */
function rowsHolding(codes: BigUint64Array, wanted: CodeTable): readonly (number | undefined)[] {
  const rowOf = Array.from({ length: wanted.size }, (): number | undefined => undefined)
  const halves = halvesOf(codes)
  for (let row = 0; row < codes.length; row += 1) {
    const [low, high] = [halves[2 * row]!, halves[2 * row + 1]!]
    const number = low === 0 && high === 0 ? -1 : wanted.find(low, high)
    if (number >= 0) rowOf[number] = row
  }
  return rowOf
}

/** Subjects that are looked at for how common a value is. */
const countedMax = 200_000

interface Counting extends Pick<CellLog, 'columns' | 'subjects' | 'cells'> { readonly all: number; readonly coder: Coder }

const counterOf = ({ columns, subjects, cells, all, coder }: Counting): SampleSeen['count'] => (column, value) => {
  const at = columns.indexOf(column)
  let equal = 0
  for (let row = 0; at >= 0 && row < subjects.length; row += 1) if (cells[row * columns.length + at] === coder.cell(subjects[row]!, column, value)) equal += 1
  return subjects.length === 0 ? 0 : Math.round((equal / subjects.length) * all)
}

// Some values of the sample, each compared with some people.
const [chanceValues, chancePeople] = [8, 100]

function chanceOf(log: CellLog, coder: Coder, column: string, texts: readonly string[]): number {
  const at = log.columns.indexOf(column)
  const values = texts.filter((text) => text.trim() !== '')
  const some = values.filter((_, index) => index % Math.max(1, Math.floor(values.length / chanceValues)) === 0).slice(0, chanceValues)
  const step = Math.max(1, Math.floor(log.subjects.length / chancePeople))
  let [asked, same] = [0, 0]
  for (const text of at < 0 ? [] : some) {
    for (let row = 0; row < log.subjects.length; row += step) {
      asked += 1
      if (log.cells[row * log.columns.length + at] === coder.cell(log.subjects[row]!, column, text)) same += 1
    }
  }
  return asked === 0 ? 1 : same / asked
}

// A value that four rows of five have is what they may have been chosen by; of fewer rows nothing can be said.
const alikeFrom = 0.8
const alikeRowsMin = 5

function alikeIn({ texts, fields, subjects, holds, count }: { texts: readonly (readonly string[])[]; fields: readonly { field: number; column: string }[]; subjects: number; holds: SampleSeen['holds']; count: SampleSeen['count'] }): Alike[] {
  return fields.flatMap(({ field, column }): Alike[] => {
    const values = Map.groupBy(texts.map((one) => one[field] ?? '').filter((text) => text.trim() !== ''), (text) => text.trim().toLowerCase())
    const [value, most] = [...values].sort((a, b) => b[1].length - a[1].length)[0] ?? []
    if (value === undefined || most === undefined || most.length < Math.max(alikeRowsMin, alikeFrom * texts.length)) return []
    const held = Math.max(1, count(column, value))
    return [{ column, held, share: held / Math.max(1, subjects), admits: (row, at) => holds(row, column, value, at) }]
  })
}
