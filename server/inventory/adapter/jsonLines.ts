/**
 * JSON lines as CSV rows: one row a non-blank line, its leaves in document order, nested objects and arrays flattened. Names are
 * dropped, because the search never looks at them, but for those that look like values: the keys of a dictionary of people. A line that is no JSON stays one field, and is counted.
 */
import { jsonNameMax, JsonTokenizer } from './document/json.ts'

/** One line held whole. Longer than any record of a person; a longer line is counted as not read and gives an empty row. */
export const lineBytesMax = 16 * 1024 * 1024

/** Objects inside objects: what is nested deeper stays text. Keeps the walk off the end of the stack. */
export const nestingMax = 64

export interface LineCounts {
  rows: number
  notJson: number
  tooLong: number
  /** Values that were left out since their names, with all that is around them, are longer than any. */
  tooLongNames?: number
}

const newline = 0x0a
const flushBytes = 256 * 1024

/**
 * Turns a stream of JSON lines (UTF-8) into CSV bytes; row n of the result is the n-th non-blank line. Counts go to `counts`. With `names`, fields stand by name
 * (`address.city`), and names that are met are added there, before the rows that have them are given.
 */
export async function* csvOfJsonLines(bytes: AsyncIterable<Uint8Array>, counts: LineCounts, names?: string[]): AsyncGenerator<Uint8Array> {
  let tail: Uint8Array[] = []
  let tailBytes = 0
  let rows: string[] = []
  let size = 0
  const rowOf = names === undefined ? (line: string): string | undefined => csvRow(line, counts) : namedRows(names, counts)
  const take = (line: string | undefined): void => {
    const row = line === undefined ? '""' : rowOf(line)
    if (row === undefined) return
    counts.rows += 1
    rows.push(row)
    size += row.length
  }
  for await (const chunk of bytes) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      take(lineOf(tail, tailBytes, chunk.subarray(start, end), counts))
      tail = []
      tailBytes = 0
      start = end + 1
      if (size > flushBytes) {
        yield Buffer.from(`${rows.join('\n')}\n`)
        rows = []
        size = 0
      }
    }
    const rest = chunk.subarray(start)
    if (tailBytes <= lineBytesMax && rest.length > 0) tail.push(rest)
    else if (tailBytes > lineBytesMax) tail = []
    tailBytes += rest.length
  }
  if (tailBytes > 0) take(lineOf(tail, tailBytes, new Uint8Array(0), counts))
  if (rows.length > 0) yield Buffer.from(`${rows.join('\n')}\n`)
}

/** The rows of JSON lines, as a search reads them. */
export const jsonRows = (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> => csvOfJsonLines(bytes, { rows: 0, notJson: 0, tooLong: 0 })

function lineOf(tail: readonly Uint8Array[], tailBytes: number, last: Uint8Array, counts: LineCounts): string | undefined {
  if (tailBytes + last.length > lineBytesMax) {
    counts.tooLong += 1
    return undefined
  }
  if (tail.length === 0) return Buffer.from(last.buffer, last.byteOffset, last.byteLength).toString('utf8')
  return Buffer.concat([...tail, last]).toString('utf8')
}

function csvRow(line: string, counts: LineCounts): string | undefined {
  const text = line.charCodeAt(0) === 0xfeff ? line.slice(1) : line
  if (text.trim() === '') return undefined
  const found: Found = { fields: [], members: 0 }
  try {
    flatten(unlikeWritten.test(text) ? JSON.parse(text, asWritten) : JSON.parse(text), found, 0)
  } catch {
    counts.notJson += 1
    return quote(text.trim())
  }
  const fields = found.members < membersIn(text) ? withRepeated(text) ?? found.fields : found.fields
  return fields.join(',') || '""' // an empty line would be no row
}

/** A number of JavaScript prints otherwise than these stand: more digits than it holds, zeros at the end, exponents, a negative zero. */
const unlikeWritten = /\d{16}|\d[eE][-+\d]|[.]\d*0(?!\d)|-0(?![.\d])/

/** Names in a line of JSON; more where strings hold what looks like one. */
function membersIn(text: string): number {
  let members = 0
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    let before = at - 1
    while (text[before] === ' ' || text[before] === '\t') before -= 1
    if (text[before] === '"') members += 1
  }
  return members
}

/** The fields of a line in which a name stands twice in one object: of two such values the parser of the language keeps the last. Undefined for what is nested too deep. */
function withRepeated(text: string): string[] | undefined {
  const fields: string[] = []
  const nothing = (): void => undefined
  const tokenizer = new JsonTokenizer({
    open: nothing, close: nothing, key: (name) => { if (valueLike.test(name)) fields.push(quote(name)) },
    value: (value) => { fields.push(value === undefined ? '' : quote(value)) },
  })
  return tokenizer.push(Buffer.from(text)) === 'fine' && tokenizer.end() === 'fine' ? fields : undefined
}

/** A number as it stands in the text (ECMAScript, JSON.parse source text access). */
const asWritten = (_: string, value: unknown, context?: { readonly source?: string }): unknown => (typeof value === 'number' ? context?.source ?? value : value)

/** A name like this is a value. */
const valueLike = /@|\d{5}/

interface Found { readonly fields: string[]; /** Names of objects that were walked. */ members: number }

function flatten(value: unknown, found: Found, depth: number): void {
  const { fields } = found
  if (value === null) fields.push('')
  else if (typeof value !== 'object') fields.push(quote(String(value)))
  else if (depth >= nestingMax) {
    fields.push(quote(JSON.stringify(value)))
    found.members = Infinity // what is in it is not counted
  } else if (Array.isArray(value)) for (const part of value) flatten(part, found, depth + 1)
  else {
    for (const [name, part] of Object.entries(value)) {
      found.members += 1
      if (valueLike.test(name)) fields.push(quote(name))
      flatten(part, found, depth + 1)
    }
  }
}

/** Names of one file that are kept: a thousand fields a record, which nobody has. Values of further ones are left out. */
const namesMax = 1024

function namedRows(names: string[], counts: LineCounts): (line: string) => string | undefined {
  const places = new Map<string, number>()
  const place = (name: string): number | undefined => {
    const known = places.get(name)
    if (known !== undefined || names.length >= namesMax) return known
    places.set(name, names.length)
    return names.push(name) - 1
  }
  const walk = (value: unknown, name: string, cells: string[]): void => {
    if (value === null) return
    if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) walk(inner, Array.isArray(value) ? `${name}[${key}]` : name === '' ? key : `${name}.${key}`, cells)
      return
    }
    if (name.length > jsonNameMax) {
      counts.tooLongNames = (counts.tooLongNames ?? 0) + 1
      return
    }
    const at = place(name)
    if (at !== undefined) cells[at] = quote(String(value))
  }
  return (line) => {
    const text = line.charCodeAt(0) === 0xfeff ? line.slice(1) : line
    if (text.trim() === '') return undefined
    const cells: string[] = []
    try {
      walk(unlikeWritten.test(text) ? JSON.parse(text, asWritten) : JSON.parse(text), '', cells)
    } catch {
      counts.notJson += 1 // or deeper than the stack: what is left of it is no record
    }
    return cells.length === 0 ? '""' : Array.from(cells, (cell) => cell ?? '').join(',')
  }
}

/** A value as a CSV field, always in quotes. */
export function quote(text: string): string {
  return `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`
}
