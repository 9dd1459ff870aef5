/** Rows of a part with only some of their fields, chosen by name: how a table that lies in a file is read as a dataset. */
import { Broken } from '#kit/errors'
import { CsvRows } from './csvRows.ts'

/** One row held whole. Longer than any record of a person: what is longer is a quote that never closes. Bytes. */
export const rowBytesMax = 64 * 1024 * 1024

const [newline, carriageReturn, noQuote] = [0x0a, 0x0d, -1]

const quoteOf = ({ quote = '"' }: NamedRows): number => (quote === 'none' ? noQuote : quote.charCodeAt(0))

export interface NamedRows {
  readonly delimiter: string
  /** What stands around fields; `none` for nothing, `"` when left out. */
  readonly quote?: string | undefined
  /** Names of the fields; they may become more while rows are read. Undefined where the first row names them. */
  names(): readonly string[] | undefined
  readonly bytes: AsyncIterable<Uint8Array>
}

/**
 * These columns of the rows, in this order, as CSV bytes without a header line. Throws `Broken` `inventory/columns-missing` for a column that no field is called, once that is certain, and
 * `inventory/rows-broken` for a quote that opens and does not close.
 */
export async function* chosenColumns(rows: NamedRows, columns: readonly string[]): AsyncGenerator<Uint8Array> {
  const out = new CsvRows()
  const choice = createChoice(rows, columns)
  let tail: Uint8Array = new Uint8Array(0)
  const dialect = { delimiter: rows.delimiter.charCodeAt(0), quote: quoteOf(rows) }
  for await (const part of rows.bytes) {
    const bytes = tail.length === 0 ? part : Buffer.concat([tail, part])
    let start = 0
    for (let row = rowAt(bytes, start, { ...dialect, last: false }); row !== undefined; row = rowAt(bytes, start, { ...dialect, last: false })) {
      start = row.end
      if (choice.write(bytes, row, out)) yield out.take()!
    }
    tail = bytes.slice(start) // a copy: the part may be used again by whoever gave it
    if (tail.length > rowBytesMax) throw new Broken('inventory/rows-broken', `a row is longer than ${rowBytesMax} bytes`)
  }
  const row = tail.length === 0 ? undefined : rowAt(tail, 0, { ...dialect, last: true })
  if (tail.length > 0 && row === undefined) throw new Broken('inventory/rows-broken', 'a field opens with a quote that does not close')
  if (row !== undefined) choice.write(tail, row, out)
  choice.end()
  const rest = out.take()
  if (rest !== undefined) yield rest
}

/** Where the fields of one row stand: pairs of beginning and end, quotes left out. */
interface Row {
  readonly fields: number[]
  /** Behind its line end. */
  readonly end: number
}

/** Undefined when the row does not end in these bytes; with `last`, only when a quote does not close. */
function rowAt(bytes: Uint8Array, start: number, { delimiter, quote, last }: { delimiter: number; quote: number; last: boolean }): Row | undefined {
  const fields: number[] = []
  for (let at = start; at < bytes.length;) {
    let [from, to] = [at, at]
    if (bytes[at] === quote) {
      from = at + 1
      for (to = bytes.indexOf(quote, from); to >= 0 && bytes[to + 1] === quote; to = bytes.indexOf(quote, to + 2));
      if (to < 0 || (to + 1 >= bytes.length && !last)) return undefined // the next byte tells whether it closes
      for (at = to + 1; at < bytes.length && bytes[at] !== delimiter && bytes[at] !== newline; at += 1);
    } else {
      for (; at < bytes.length && bytes[at] !== delimiter && bytes[at] !== newline; at += 1);
      to = at > from && bytes[at - 1] === carriageReturn && bytes[at] !== delimiter ? at - 1 : at
    }
    if (at >= bytes.length && !last) return undefined
    fields.push(from, to)
    if (at >= bytes.length || bytes[at] === newline) return { fields, end: at + 1 }
    at += 1
    if (at >= bytes.length && last) return { fields: [...fields, at, at], end: at }
  }
  return undefined
}

interface Choice {
  /** Writes one row. True when there is a chunk worth taking. */
  write(bytes: Uint8Array, row: Row, out: CsvRows): boolean
  /** All rows were written. */
  end(): void
}

function createChoice(rows: NamedRows, columns: readonly string[]): Choice {
  const quote = quoteOf(rows)
  let header = rows.names() === undefined ? undefined : [] as readonly string[]
  let known = -1
  let places: number[] = []
  const names = (): readonly string[] => rows.names() ?? header ?? []
  const missing = (): number => columns.filter((column) => placeOf(names(), column) < 0).length
  const mustBeThere = (): void => {
    if (missing() > 0) throw new Broken('inventory/columns-missing', `${missing()} of its columns are not there`)
  }
  return {
    write: (bytes, { fields }, out) => {
      if (fields.length === 2 && fields[0] === fields[1]) return false // an empty line
      if (header === undefined) {
        header = Array.from({ length: fields.length / 2 }, (_, field) => textOf(bytes, fields, { field, quote }).replace(/^\uFEFF/, '').trim())
        mustBeThere()
        return false
      }
      if (known !== names().length) {
        known = names().length
        places = columns.map((column) => placeOf(names(), column))
      }
      const filled = (place: number): boolean => place >= 0 && place * 2 < fields.length && fields[place * 2] !== fields[place * 2 + 1]
      if (!places.some(filled)) return false // nobody: what stands around a list in JSON is a row, too
      for (const place of places) out.field(filled(place) ? valueOf(bytes, fields, { field: place, quote }) : null)
      return out.row()
    },
    end: mustBeThere,
  }
}

/** The field of that name; in JSON, of that name inside the elements of a list: `email` for `customers[].email`, when only one is called so. */
function placeOf(names: readonly string[], column: string): number {
  const exact = names.indexOf(column)
  if (exact >= 0) return exact
  const inside = names.flatMap((name, place) => (name.replace(/^.*\[\][.]?/, '') === column ? [place] : []))
  return inside.length === 1 ? inside[0]! : -1
}

interface Quoted { readonly field: number; readonly quote: number }

function valueOf(bytes: Uint8Array, fields: readonly number[], { field, quote }: Quoted): Uint8Array | string {
  const value = bytes.subarray(fields[field * 2], fields[field * 2 + 1])
  return bytes[fields[field * 2]! - 1] === quote && value.includes(quote) ? textOf(bytes, fields, { field, quote }) : value
}

function textOf(bytes: Uint8Array, fields: readonly number[], { field, quote }: Quoted): string {
  const value = bytes.subarray(fields[field * 2], fields[field * 2 + 1])
  const text = Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8')
  const own = String.fromCharCode(Math.max(0, quote))
  return quote === noQuote ? text : text.replaceAll(own + own, own)
}
