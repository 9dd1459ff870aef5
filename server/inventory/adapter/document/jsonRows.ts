/**
 * Rows of a JSON document of any shape, streamed. An element of a list is a row with everything nested in it, whatever it is nested in: objects, and up to
 * eight members of lists. A longer list of objects inside a row is a list of records itself, and its elements are rows of their own. So are the
 * members of an object that holds more than eight objects: it is a dictionary, and its keys are values.
 */
import { Broken } from '#kit/errors'
import { csvOfJsonLines, quote, type LineCounts } from '../jsonLines.ts'
import { jsonDepthMax, jsonNameMax as nameMax, JsonTokenizer, type JsonEvents, type JsonOutcome } from './json.ts'

/** Objects of one list or dictionary that still belong to the row around it: the addresses of a person, not the people of a company. */
export const nestedMax = 8

/** Columns whose place in the rows is kept; values of further names follow behind them. */
export const columnsMax = 512

// Values of all rows that are still open, with their names. More are given out as rows before they are complete.
const heldCharactersMax = 16 * 1024 * 1024

// A value in memory, beside its characters and those of its name.
const heldEach = 8

const flushCharacters = 256 * 1024

interface Row { readonly base: string; readonly names: string[]; readonly values: string[]; /** What it counts for among those that are held. */ held: number }

interface Frame {
  readonly array: boolean
  readonly row: Row
  /** Whether `row` is this frame's alone. */
  readonly own: boolean
  /** Whether it is inside an element of a list. */
  readonly inRow: boolean
  /** From the row to this frame. */
  readonly prefix: string
  key: string
  /** What its elements are called, once one was met. */
  list: string | undefined
  pending: { readonly key: string; readonly row: Row }[]
  streaming: boolean
}

export interface JsonReport extends LineCounts {
  /** Why the document was not read as one to its end; empty when it was. */
  partly: string[]
}

/** Collects rows from the events of a tokenizer. `columns` grows as names are met. */
export class JsonRows implements JsonEvents {
  readonly #columns: string[]
  readonly #places = new Map<string, number>()
  readonly #frames: Frame[] = []
  #out: string[] = []
  #held = 0
  /** Characters that `take` would give. */
  size = 0
  /** How often rows had to be given out before they were complete. */
  cut = 0

  constructor(columns: string[]) {
    this.#columns = columns
  }

  /** The CSV text of the rows that are complete. */
  take(): string {
    const text = this.#out.length === 0 ? '' : `${this.#out.join('\n')}\n`
    this.#out = []
    this.size = 0
    return text
  }

  open(array: boolean): void {
    this.#frames.push(frameFor(this.#frames.at(-1), array))
  }

  close(): void {
    const frame = this.#frames.pop()!
    settle(frame)
    if (!frame.own) return
    const parent = this.#frames.at(-1)
    if (parent === undefined || (parent.array && !parent.inRow)) this.#emit(frame.row)
    else this.#collect(parent, frame.row)
  }

  key(text: string): void {
    const frame = this.#frames.at(-1)!
    frame.key = text.length > nameMax ? beginningOf(text) : text
    if (text.length > nameMax || /@|\d{5}/.test(text)) this.#add(frame.row, join(frame.prefix, '{}'), text) // a name like this is a value
  }

  value(text: string | undefined): void {
    const frame = this.#frames.at(-1)!
    if (text === undefined || text === '') return
    this.#add(frame.row, frame.array ? frame.list ??= `${frame.prefix}[]` : join(frame.prefix, frame.key), text)
    if (frame.array && !frame.inRow) this.#emit(frame.row)
  }

  #add(row: Row, name: string, value: string): void {
    row.names.push(name)
    row.values.push(value)
    row.held += value.length + name.length + heldEach
    this.#held += value.length + name.length + heldEach
    if (this.#held > heldCharactersMax) this.#flush()
  }

  #emit(row: Row): void {
    this.#held -= row.held
    row.held = 0
    if (row.values.length === 0) return
    const text = lineOf(row, this.#places, this.#columns)
    row.names.length = 0
    row.values.length = 0
    this.#out.push(text)
    this.size += text.length + 1
  }

  #collect(frame: Frame, row: Row): void {
    if (frame.streaming) return this.#emit(this.#keyed(frame, row, frame.key))
    frame.pending.push({ key: frame.key, row })
    if (frame.pending.length <= nestedMax) return
    for (const one of frame.pending) this.#emit(this.#keyed(frame, one.row, one.key))
    frame.pending = []
    frame.streaming = true
  }

  /** The key of a dictionary's member is a value of its row. */
  #keyed(frame: Frame, row: Row, key: string): Row {
    if (frame.array) return row
    this.#held += key.length
    row.names.unshift('')
    row.values.unshift(key)
    return { ...row, base: `${shorter(`${frame.row.base}${frame.prefix}`, frame.prefix)}{}`, held: row.held + key.length }
  }

  #flush(): void {
    this.cut += 1
    for (const frame of this.#frames) {
      for (const { row } of frame.pending) this.#emit(row)
      frame.pending = []
      this.#emit(frame.row)
    }
  }
}

/** Members that were few belong to the row around them. */
function settle(frame: Frame): void {
  for (const [index, { key, row }] of frame.pending.entries()) {
    const step = frame.array ? `${frame.prefix}[${index}]` : join(frame.prefix, key)
    for (const [at, name] of row.names.entries()) {
      frame.row.names.push(join(step, name))
      frame.row.values.push(row.values[at]!)
    }
    frame.row.held += row.held
  }
  frame.pending = []
}

/** A name of all that is around it; without that where it would be too long. */
const join = (prefix: string, name: string): string => shorter(prefix === '' || name === '' || name.startsWith('[') ? `${prefix}${name}` : `${prefix}.${name}`, name === '' ? prefix : name)

const shorter = (name: string, rest: string): string => (name.length > nameMax ? rest : name)

/** A string of its own: a part of a long one would keep all of that. */
const beginningOf = (text: string): string => Buffer.from(text.slice(0, nameMax)).toString()

function frameFor(parent: Frame | undefined, array: boolean): Frame {
  const fresh = (base: string): Row => ({ base, names: [], values: [], held: 0 })
  const rest = { array, key: '', list: undefined, pending: [], streaming: false }
  if (parent === undefined) return { ...rest, row: fresh(''), own: true, inRow: false, prefix: '' }
  const here = shorter(`${parent.row.base}${parent.row.base === '' || parent.prefix === '' ? '' : '.'}${parent.prefix}`, parent.prefix)
  if (parent.array) return { ...rest, row: fresh(`${here}[]`), own: true, inRow: true, prefix: '' }
  if (parent.inRow) return { ...rest, row: parent.row, own: false, inRow: true, prefix: join(parent.prefix, parent.key) }
  // Outside of any list: a list's elements are rows; an object is a part of its parent's row, or the member of a dictionary.
  return { ...rest, row: fresh(join(here, parent.key)), own: !array, inRow: false, prefix: '' }
}

function lineOf(row: Row, places: Map<string, number>, columns: string[]): string {
  const cells: string[] = []
  const further: string[] = []
  let [last, full] = ['', join(row.base, '')]
  for (const [at, name] of row.names.entries()) {
    if (name !== last) [last, full] = [name, join(row.base, name)] // the values of one list have one name
    let place = places.get(full)
    if (place === undefined && columns.length < columnsMax) {
      place = columns.length
      places.set(full, place)
      columns.push(full)
    }
    if (place === undefined || cells[place] !== undefined) further.push(quote(row.values[at]!))
    else cells[place] = quote(row.values[at]!)
  }
  const length = further.length === 0 ? cells.length : columns.length // what has no place stands behind all that have one
  return [...Array.from({ length }, (_, at) => cells[at] ?? ''), ...further].join(',')
}

/**
 * A stream of JSON (UTF-8) as CSV rows. Where it stops being JSON, what follows is read line by line, and `report.partly` says so. Throws `Broken`
 * `inventory/too-deep` for brackets deeper than `jsonDepthMax`.
 */
export async function* csvOfJson(bytes: AsyncIterable<Uint8Array>, columns: string[], report: JsonReport): AsyncGenerator<Uint8Array> {
  const rows = new JsonRows(columns)
  const tokenizer = new JsonTokenizer(rows)
  const iterator = bytes[Symbol.asyncIterator]()
  let outcome: JsonOutcome = 'fine'
  let first = true
  try {
    for (let next = await iterator.next(); next.done !== true && outcome === 'fine';) {
      const chunk = first && next.value[0] === 0xef && next.value[1] === 0xbb ? next.value.subarray(3) : next.value // the byte order mark of UTF-8
      first = false
      outcome = tokenizer.push(chunk)
      if (rows.size > flushCharacters) yield Buffer.from(rows.take())
      if (outcome === 'fine') next = await iterator.next()
    }
    if (outcome === 'too deep') throw new Broken('inventory/too-deep', `a JSON document with brackets more than ${jsonDepthMax} deep`)
    const damaged = outcome === 'damaged' || tokenizer.end() === 'damaged'
    yield Buffer.from(rows.take())
    if (damaged) {
      report.partly.push(outcome === 'damaged' ? 'from some point on it is no JSON, and was read line by line' : 'it ends inside a value')
      yield* csvOfJsonLines(behind(tokenizer.rest, iterator), report)
    }
    if (tokenizer.tooLong > 0) report.partly.push(`${tokenizer.tooLong} strings are longer than any value`)
    if (rows.cut > 0) report.partly.push('records longer than 16 MB were cut into several')
  } finally {
    await iterator.return?.()
  }
}

async function* behind(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
}
