/** One text of rows, as it stands or packed with gzip: which of them are the controller's, and the same text without those. */
import { Readable, type Duplex } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { jsonRows, type Part } from '#inventory'
import type { Counted } from '../erased.ts'
import { locateRows, type Located, type Searched } from '../located.ts'
import { linesOfElements, withoutElements, withoutLines, withoutSpans } from './rows.ts'

type Bytes = AsyncIterable<Uint8Array>

export interface Without {
  readonly counted: Counted
  /** Whether nobody else's row is in it: it may go whole. */
  readonly nothingLeft: boolean
  /** The bytes without the controller's rows, packed as they were. Reads what they are made from anew. */
  bytes(): Bytes
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

/** `open` gives the bytes as they stand, anew each time. Undefined where none of its rows are the controller's. Throws `Broken` for what is not what it looked like. */
export async function withoutRows(part: Pick<Part, 'text' | 'delimiter'>, open: () => Bytes, searched: Searched): Promise<Without | undefined> {
  const { text } = part
  if (text === undefined) return undefined
  const packed = text.packings.length > 0
  const unpacked = packed ? () => through(open(), createGunzip()) : open
  const { read, without } = readings[text.format]
  const located = await locateRows(() => read(unpacked), searched, { delimiter: text.format === 'delimited' ? part.delimiter : ',' })
  if (located === undefined || located.matched.ordinals.length === 0) return undefined
  const { counted } = located
  const bytes = (): Bytes => without(unpacked, located)
  return { counted, nothingLeft: counted.ambiguous === 0 && located.rowsRead - counted.rows <= (text.format === 'delimited' ? 1 : 0), bytes: packed ? () => through(bytes(), createGzip()) : bytes }
}
