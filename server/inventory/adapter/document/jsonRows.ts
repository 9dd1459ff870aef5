/**
 * Rows of a JSON document of any shape, streamed. An element of a list is a row with everything nested in it, whatever it is nested in: objects, and up to
 * eight members of lists. A longer list of objects inside a row is a list of records itself, and its elements are rows of their own. So are the
 * members of an object that holds more than eight objects: it is a dictionary, and its keys are values.
 */
import { Broken } from '#kit/errors'
import { csvOfJsonLines, quote, type LineCounts } from '../jsonLines.ts'
import { createJsonTokenizer, jsonDepthMax, type JsonEvents } from './json.ts'

/** Objects of one list or dictionary that still belong to the row around it: the addresses of a person, not the people of a company. */
export const nestedMax = 8

/** Columns whose place in the rows is kept; values of further names follow behind them. */
export const columnsMax = 512

// Values of all rows that are still open. More are given out as rows before they are complete.
const heldCharactersMax = 16 * 1024 * 1024

const flushCharacters = 256 * 1024

interface Row { readonly base: string; readonly names: string[]; readonly values: string[] }

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
  pending: { readonly key: string; readonly row: Row }[]
  streaming: boolean
}

export interface JsonReport extends LineCounts {
  /** Why the document was not read as one to its end; empty when it was. */
  partly: string[]
}

/** Collects rows from the events of a tokenizer. `take` gives the CSV text of the rows that are complete. `columns` grows as names are met. */
export function createJsonRows(columns: string[]): JsonEvents & { take(): string; size(): number; readonly cut: () => number } {
  const places = new Map<string, number>()
  const frames: Frame[] = []
  let out: string[] = []
  let size = 0
  let held = 0
  let cut = 0

  const emit = (row: Row): void => {
    for (const value of row.values) held -= value.length
    if (row.values.length === 0) return
    const text = lineOf(row, places, columns)
    row.names.length = 0
    row.values.length = 0
    out.push(text)
    size += text.length + 1
  }

  const collect = (frame: Frame, row: Row, key: string): void => {
    if (frame.streaming) emit(keyed(frame, row, key))
    else frame.pending.push({ key, row })
    if (frame.pending.length <= nestedMax) return
    for (const one of frame.pending) emit(keyed(frame, one.row, one.key))
    frame.pending = []
    frame.streaming = true
  }

  /** The key of a dictionary's member is a value of its row. */
  const keyed = (frame: Frame, row: Row, key: string): Row => {
    if (frame.array) return row
    held += key.length
    return { base: `${frame.row.base}${frame.prefix}{}`, names: ['', ...row.names], values: [key, ...row.values] }
  }

  const settle = (frame: Frame): void => {
    for (const [index, { key, row }] of frame.pending.entries()) {
      const step = frame.array ? `[${index}]` : key
      for (const [at, name] of row.names.entries()) {
        frame.row.names.push(join(`${frame.prefix}${frame.array || frame.prefix === '' ? step : `.${step}`}`, name))
        frame.row.values.push(row.values[at]!)
      }
    }
    frame.pending = []
  }

  const flushAll = (): void => {
    cut += 1
    for (const frame of frames) {
      for (const { row } of frame.pending) emit(row)
      frame.pending = []
      emit(frame.row)
    }
  }

  const add = (row: Row, name: string, value: string): void => {
    row.names.push(name)
    row.values.push(value)
    held += value.length
    if (held > heldCharactersMax) flushAll()
  }

  return {
    open: (array) => { frames.push(frameFor(frames.at(-1), array)) },
    close: () => {
      const frame = frames.pop()!
      settle(frame)
      if (!frame.own) return
      const parent = frames.at(-1)
      if (parent === undefined || (parent.array && !parent.inRow)) emit(frame.row)
      else collect(parent, frame.row, parent.key)
    },
    key: (text) => {
      const frame = frames.at(-1)!
      frame.key = text
      if (/@|\d{5}/.test(text)) add(frame.row, join(frame.prefix, '{}'), text)
    },
    value: (text) => {
      const frame = frames.at(-1)!
      if (text === undefined || text === '') return
      if (!frame.array) add(frame.row, join(frame.prefix, frame.key), text)
      else {
        add(frame.row, `${frame.prefix}[]`, text)
        if (!frame.inRow) emit(frame.row)
      }
    },
    take: () => {
      const text = out.length === 0 ? '' : `${out.join('\n')}\n`
      out = []
      size = 0
      return text
    },
    size: () => size,
    cut: () => cut,
  }
}

const join = (prefix: string, name: string): string => (prefix === '' || name === '' || name.startsWith('[') ? `${prefix}${name}` : `${prefix}.${name}`)

function frameFor(parent: Frame | undefined, array: boolean): Frame {
  const fresh = (base: string): Row => ({ base, names: [], values: [] })
  const rest = { array, key: '', pending: [], streaming: false }
  if (parent === undefined) return { ...rest, row: fresh(''), own: true, inRow: false, prefix: '' }
  const here = `${parent.row.base}${parent.row.base === '' || parent.prefix === '' ? '' : '.'}${parent.prefix}`
  if (parent.array) return { ...rest, row: fresh(`${here}[]`), own: true, inRow: true, prefix: '' }
  if (parent.inRow) return { ...rest, row: parent.row, own: false, inRow: true, prefix: join(parent.prefix, parent.key) }
  // Outside of any list: a list's elements are rows; an object is a part of its parent's row, or the member of a dictionary.
  return { ...rest, row: fresh(array ? join(here, parent.key) : ''), own: !array, inRow: false, prefix: '' }
}

function lineOf(row: Row, places: Map<string, number>, columns: string[]): string {
  const cells: string[] = []
  const further: string[] = []
  for (const [at, name] of row.names.entries()) {
    const full = join(row.base, name)
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
  const rows = createJsonRows(columns)
  const tokenizer = createJsonTokenizer(rows)
  const iterator = bytes[Symbol.asyncIterator]()
  let outcome: ReturnType<typeof tokenizer.push> = 'fine'
  let first = true
  try {
    for (let next = await iterator.next(); next.done !== true && outcome === 'fine';) {
      const chunk = first && next.value[0] === 0xef && next.value[1] === 0xbb ? next.value.subarray(3) : next.value // the byte order mark of UTF-8
      first = false
      outcome = tokenizer.push(chunk)
      if (rows.size() > flushCharacters) yield Buffer.from(rows.take())
      if (outcome === 'fine') next = await iterator.next()
    }
    if (outcome === 'too deep') throw new Broken('inventory/too-deep', `a JSON document with brackets more than ${jsonDepthMax} deep`)
    const damaged = outcome === 'damaged' || tokenizer.end() === 'damaged'
    yield Buffer.from(rows.take())
    if (damaged) {
      report.partly.push(outcome === 'damaged' ? 'from some point on it is no JSON, and was read line by line' : 'it ends inside a value')
      yield* csvOfJsonLines(behind(tokenizer.rest(), iterator), report)
    }
    if (tokenizer.tooLong() > 0) report.partly.push(`${tokenizer.tooLong()} strings are longer than any value`)
    if (rows.cut() > 0) report.partly.push('records longer than 16 MB were cut into several')
  } finally {
    await iterator.return?.()
  }
}

async function* behind(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
}
