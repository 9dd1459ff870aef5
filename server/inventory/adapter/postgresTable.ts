/** One Postgres table as a place: its ranges of pages as units, over two connections where it is large, with the bytes of its bytea cells. */
import { Broken } from '#kit/errors'
import { parsePlace, printPlace } from '../place.ts'
import { partlyPacked, unpackedCell } from './packedCell.ts'
import type { Part, PartOrUnread } from './part.ts'
import { codeRunsBecause } from './postgresCode.ts'
import { openSnapshot, type ReadOptions, type Snapshot, type Table, type TableName } from './postgres.ts'
import type { RowChange } from './postgresCopy.ts'
import { mostlyQuoted } from './postgresText.ts'
import { wholeUnit, type Held, type ListedPlace } from './searchable.ts'

/** How tables are cut, in pages of the server (8 KiB as a rule). */
export interface PageLimits {
  /** Of one unit. */
  readonly unitPages: number
  /** From here two connections read. */
  readonly twoConnectionsPagesMin: number
}

/** A unit of 256 MiB takes seconds: little is lost when a search is stopped, and no snapshot is held long. Below 64 MiB a second connection costs more than it gives. */
export const pageLimits: PageLimits = { unitPages: 32_768, twoConnectionsPagesMin: 8192 }

/** Units of one place: more would only cost in keeping them. Beyond this they grow. */
const unitsMax = 1024

interface Range { readonly from: number; readonly to: number | undefined }

const whole: Range = { from: 0, to: undefined }
const unitPattern = /^ctid (\d{1,10})-(\d{1,10})?$/

const rootOf = (root: TableName, database: string | undefined): string => printPlace({ ...root, ...(database === undefined ? {} : { database }) })

/** A readable table as a place of its store. */
export function placeOfTable(url: string, table: Table, place: string, limits: PageLimits = pageLimits): ListedPlace {
  const open = (unit: string, moment?: string): AsyncGenerator<PartOrUnread> => partsOfTable({ url, table, range: rangeOf(unit), moment, limits })
  return {
    place, ...(table.root === undefined ? {} : { of: rootOf(table.root, parsePlace(place)?.database) }), bytes: table.bytes, signal: table.signal, units: () => unitsOf(table, limits), open,
    hold: async (): Promise<Held> => {
      const snapshot = await openSnapshot(url)
      const moment = await snapshot.exported().catch(async (cause: unknown) => {
        await snapshot.close()
        throw new Broken('inventory/store-unreachable', 'a Postgres store gives no snapshot to be shared', { cause })
      })
      return { open: (unit) => open(unit, moment), close: () => snapshot.close() }
    },
  }
}

/** `ctid <first page>-<page behind the last>`; the last has no end, so that rows that are added meanwhile are read. */
function unitsOf({ pages = 0 }: Table, { unitPages }: PageLimits): string[] {
  const size = Math.max(unitPages, Math.ceil(pages / unitsMax))
  const count = Math.ceil(pages / size)
  if (count <= 1) return [wholeUnit]
  return Array.from({ length: count }, (_, index) => `ctid ${index * size}-${index === count - 1 ? '' : (index + 1) * size}`)
}

function rangeOf(unit: string): Range {
  if (unit === wholeUnit) return whole
  const [, from, to] = unitPattern.exec(unit) ?? []
  if (from === undefined) throw new Broken('inventory/no-unit', 'a unit of a table is named as none is')
  return { from: Number(from), to: to === undefined ? undefined : Number(to) }
}

interface Reading { readonly url: string; readonly table: Table; readonly range: Range; readonly moment: string | undefined; readonly limits: PageLimits }

async function* partsOfTable(reading: Reading): AsyncGenerator<PartOrUnread> {
  const { table } = reading
  const seen = { packed: 0 }
  const bytes = rowsOf(reading, seen)
  const part: Part = {
    name: '', kind: table.kind, shape: 'rows', delimiter: isByTabs(table) ? '\t' : ',', bytes,
    columns: [...fieldsOf(table), ...bytesIn(table)],
    partly: () => [...partlyPacked(seen), ...notGenerated(table)],
  }
  try {
    yield part
  } finally {
    await bytes.return(undefined)
  }
}

async function* rowsOf({ url, table, range, moment, limits }: Reading, seen: { packed: number }): AsyncGenerator<Uint8Array> {
  const options = optionsOf(table, seen)
  const end = range.to ?? table.pages ?? 0
  const snapshot = await openSnapshot(url, moment)
  const second = end - range.from < limits.twoConnectionsPagesMin ? undefined : await secondOf(url, snapshot, moment)
  try {
    if (second === undefined) yield* snapshot.read(table, { ...options, ...(range === whole ? {} : { pages: range }) })
    else {
      const middle = range.from + Math.floor((end - range.from) / 2)
      yield* interleaved([snapshot.read(table, { ...options, pages: { from: range.from, to: middle } }), second.read(table, { ...options, pages: { from: middle, to: range.to } })])
    }
  } finally {
    await snapshot.close()
    await second?.close()
  }
}

/** A second session at the same moment; undefined where the server lets no more in, and one has to do. */
async function secondOf(url: string, first: Snapshot, moment: string | undefined): Promise<Snapshot | undefined> {
  try {
    return await openSnapshot(url, moment ?? await first.exported())
  } catch (cause) {
    if (cause instanceof Broken) return undefined
    throw cause
  }
}

/** Chunks of several streams as they come: each holds whole rows, and the order of rows says nothing. */
async function* interleaved(streams: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]())
  const ask = (index: number): Promise<{ index: number; result: IteratorResult<Uint8Array> }> => iterators[index]!.next().then((result) => ({ index, result }))
  const asked = new Map(iterators.map((_, index) => [index, ask(index)]))
  for (const promise of asked.values()) promise.catch(() => undefined) // met again below; the other one may fail first
  try {
    while (asked.size > 0) {
      const { index, result } = await Promise.race(asked.values())
      if (result.done === true) { asked.delete(index); continue }
      const next = ask(index)
      next.catch(() => undefined)
      asked.set(index, next)
      yield result.value
    }
  } finally {
    await Promise.allSettled(iterators.map((iterator) => iterator.return?.(undefined)))
  }
}

function optionsOf(table: Table, seen: { packed: number }): ReadOptions {
  const binary = bytesIn(table)
  if (isByTabs(table)) return { byTabs: true, ...(notGenerated(table).length === 0 ? {} : { columns: fieldsOf(table) }) }
  if (binary.length === 0 && notGenerated(table).length === 0) return {}
  return { columns: fieldsOf(table), ...(binary.length === 0 ? {} : { hexadecimal: binary, change: bytesOfHexadecimal(binary.length, seen) }) }
}

const isRead = ({ coded, generated }: Table, name: string): boolean => !coded || !generated.includes(name)
const bytesIn = (table: Table): string[] => table.binary.filter((name) => isRead(table, name))
const fieldsOf = (table: Table): string[] => table.columns.map(({ name }) => name).filter((name) => isRead(table, name) && !table.binary.includes(name))

/** Whether the server is asked for tabs between fields. */
const isByTabs = (table: Table): boolean => bytesIn(table).length === 0 && fieldsOf(table).length > 1 && !table.columns.some(({ type }) => mostlyQuoted.test(type))

const notGenerated = ({ coded, generated }: Table): string[] =>
  (coded && generated.length > 0 ? [`${generated.length} columns that are worked out from others were not read: ${codeRunsBecause}`] : [])

/** Writes the last `count` fields of a row, which are hexadecimal, as the bytes that they stand for, quoted (RFC 4180), unpacked where they are packed. Counts those that stay so. */
export function bytesOfHexadecimal(count: number, seen: { packed: number }): RowChange {
  return (row) => {
    const fields: Buffer[] = []
    let end = row.length - 1
    for (let field = 0; field < count; field += 1) {
      const start = end <= 0 ? 0 : row.lastIndexOf(0x2c, end - 1) + 1
      const text = row.toString('latin1', row[start] === 0x5c ? start + 2 : start, end)
      const bytes = (): Uint8Array => unpackedCell(Buffer.from(text, 'hex'), seen)
      fields.unshift(text === '' ? Buffer.alloc(0) : Buffer.from(`"${Buffer.from(bytes()).toString('latin1').replaceAll('"', '""')}"`, 'latin1'))
      end = start - 1
    }
    const comma = Buffer.from(',')
    const kept = end >= 0 ? [row.subarray(0, end), comma] : []
    return Buffer.concat([...kept, ...fields.flatMap((field, index) => (index === 0 ? [field] : [comma, field])), Buffer.from('\n')])
  }
}
