/** One text of rows, as it stands or packed with gzip: which of them are the controller's, and the same text without those. */
import { createInterface } from 'node:readline'
import { Readable, type Duplex } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { jsonRows, type Part } from '#inventory'
import { Broken } from '#kit/errors'
import type { Counted } from '../erased.ts'
import { watchRows } from '../firstRows.ts'
import { locateRows, mustBeRest, type Located, type Searched } from '../located.ts'
import { linesOfElements, withoutElements, withoutLines, withoutSpans } from './rows.ts'

type Bytes = AsyncIterable<Uint8Array>

export interface Without {
  readonly counted: Counted
  /** Whether nobody else's row is in it: it may go whole. */
  readonly nothingLeft: boolean
  /** The bytes without the controller's rows, packed as they were. Reads what they are made from anew. */
  bytes(): Bytes
  /** Searches what was written of them. Throws `Broken` as `mustBeRest` does. */
  check(written: () => Bytes): Promise<void>
}

/** A copy of each chunk is not needed: what gives them does not use them again. */
async function* through(bytes: Bytes, layer: Duplex): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes)
  source.on('error', (cause) => layer.destroy(cause))
  source.pipe(layer)
  try {
    yield* layer as AsyncIterable<Uint8Array>
  } finally {
    source.destroy()
    layer.destroy()
  }
}

interface Reading { read(open: () => Bytes): Bytes; without(open: () => Bytes, located: Located): Bytes }

const readings: Readonly<Record<'delimited' | 'json lines' | 'json', Reading>> = {
  delimited: { read: (open) => open(), without: (open, { matched }) => withoutSpans(open(), matched) },
  'json lines': { read: (open) => jsonRows(open()), without: (open, { matched, rowsRead }) => withoutLines(open(), new Set(matched.ordinals), rowsRead) },
  json: { read: (open) => jsonRows(linesOfElements(open())), without: (open, { matched, rowsRead }) => withoutElements(open(), new Set(matched.ordinals), rowsRead) },
}

/** Whether the rows of such a part can be taken out of it: in UTF-8, packed with nothing but gzip. */
export const isText = (part: Pick<Part, 'text' | 'shape'>): boolean =>
  part.shape === 'rows' && part.text !== undefined && part.text.encoding === 'utf-8' && (part.text.packings.length === 0 || (part.text.packings.length === 1 && part.text.packings[0] === 'gzip'))

/** To a search, objects in a list inside a row are rows of their own, of whomever: they would go with the row. An object that holds no value is none. */
const holdsRows = (value: unknown, inList = false): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((one) => holdsRows(one, true))
  const values: unknown[] = Object.values(value)
  return (inList && values.some((one) => one !== null)) || values.some((one) => holdsRows(one))
}

async function mustBeFlat(bytes: Bytes): Promise<void> {
  for await (const line of createInterface({ input: Readable.from(bytes), crlfDelay: Infinity })) {
    let row: unknown
    try {
      row = JSON.parse(line.replace(/^\ufeff/, ''))
    } catch {
      continue // no row
    }
    if (holdsRows(row)) throw new Broken('erasure/not-rewritten', 'lists inside its rows hold rows of their own, whose owners are not known; nothing was changed')
  }
}

/** `open` gives the bytes as they stand, anew each time. Undefined where none of its rows are the controller's. Throws `Broken` for what is not what it looked like. */
export async function withoutRows(part: Pick<Part, 'text' | 'delimiter'>, open: () => Bytes, searched: Searched): Promise<Without | undefined> {
  const { text } = part
  if (text === undefined) return undefined
  const packed = text.packings.length > 0
  const unpack = (from: () => Bytes): (() => Bytes) => (packed ? () => through(from(), createGunzip()) : from)
  const unpacked = unpack(open)
  const { read, without } = readings[text.format]
  const delimited = text.format === 'delimited'
  const how = { delimiter: delimited ? part.delimiter : ',' } as const
  let header = (): boolean => false
  const watched = (): Bytes => {
    const watching = watchRows(read(unpacked), how.delimiter)
    header = watching.header
    return watching.bytes
  }
  const located = await locateRows(watched, searched, how)
  // Of one line that is left, too: it is a header only where it is the first, nobody's, and reads like one. Else it is somebody.
  const startsWithHeader = (): boolean => located?.matched.ordinals[0] !== 0 && header()
  if (located === undefined || located.matched.ordinals.length === 0) return undefined
  const counted = { ...located.counted, ...(located.counted.unowned > 0 && !(delimited && startsWithHeader()) ? { noHeader: true } : {}) }
  if (!delimited) await mustBeFlat(text.format === 'json' ? linesOfElements(unpacked()) : unpacked())
  const bytes = (): Bytes => without(unpacked, located)
  const left = located.rowsRead - counted.rows
  return {
    counted, nothingLeft: left === 0 || (left === 1 && counted.unowned === 1 && delimited && startsWithHeader()), bytes: packed ? () => through(bytes(), createGzip()) : bytes,
    check: (written) => mustBeRest(() => read(unpack(written)), searched, { located, how }),
  }
}
