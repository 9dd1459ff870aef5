/** Large texts in ranges of bytes, so that several can be read at once: a range is made of whole lines. */
import type { FileHandle } from 'node:fs/promises'
import { Broken } from '#kit/errors'
import { fileBytes, openInside } from '../files.ts'
import type { FileFormat } from '../format.ts'
import type { FileSpan, Part } from '../part.ts'
import { formatIn } from './quoted.ts'
import { textPart } from './text.ts'
import { peek, type Opening, type Source } from './source.ts'

/** Bytes of a file. The lines that begin behind the first line end at or behind `from` (at 0: all), up to the first line end at or behind `to`. */
export interface ByteRange {
  readonly from: number
  /** Exclusive; the end of the file or more for the rest of it. */
  readonly to: number
}

/** Bytes of one range: two seconds of reading, and a thousand of them make a terabyte. */
export const rangeBytes = 1024 ** 3

const lineFeed = 0x0a

/**
 * The ranges of a large file whose lines can be read by themselves (UTF-8 tables, texts and JSON lines), or undefined for any other and for small ones. A record
 * with a line end inside quotes may lie across two ranges: whoever reads them must see that one ended inside a record. Throws like `openParts`.
 */
export async function rangesOf(root: string, path: string, size: number = rangeBytes): Promise<readonly ByteRange[] | undefined> {
  const handle = await openInside(root, path)
  try {
    const { size: bytes } = await handle.stat()
    if (bytes < 2 * size) return undefined
    const beginning = await peek(fileBytes(handle))
    await beginning.close()
    if (!isLines(await formatIn(beginning))) return undefined
    return Array.from({ length: Math.floor(bytes / size) }, (_, at, last = Math.floor(bytes / size) - 1) => ({ from: at * size, to: at === last ? bytes : (at + 1) * size }))
  } finally {
    await handle.close()
  }
}

type Lines = FileFormat & { readonly outcome: 'delimited' | 'json lines' }
const isLines = (format: FileFormat): format is Lines => (format.outcome === 'delimited' || format.outcome === 'json lines') && format.encoding === 'utf-8'

/** The one part of a range, in the format of the whole file. Throws `Broken` `inventory/no-ranges` for a file that has none: it has changed. */
export async function* rangeOf(handle: FileHandle, source: Source, range: ByteRange): AsyncGenerator<Part> {
  const beginning = await peek(source.open())
  await beginning.close()
  const format = await formatIn(beginning, { open: () => fileBytes(handle) })
  if (!isLines(format)) throw new Broken('inventory/no-ranges', 'a file that was read in ranges is no plain text any more')
  const span = await spanOf(handle, range)
  const opening: Opening = { name: '', depth: 0, packings: [], notes: () => [], ...beginning, bytes: fileBytes(handle, span.from, span.to), span }
  yield textPart(opening, format)
}

/** Where the lines of a range stand. */
async function spanOf(handle: FileHandle, { from, to }: ByteRange): Promise<FileSpan> {
  const { size } = await handle.stat()
  const start = from === 0 ? 0 : await lineAfter(handle, from, size)
  return { descriptor: handle.fd, from: start, to: to >= size ? Infinity : await lineAfter(handle, Math.max(start - 1, to), size) }
}

/** Where the line begins that follows the first line end at or behind `from`; `size` when there is none. */
async function lineAfter(handle: FileHandle, from: number, size: number): Promise<number> {
  let position = from
  for await (const chunk of fileBytes(handle, from)) {
    const feed = chunk.indexOf(lineFeed)
    if (feed >= 0) return position + feed + 1
    position += chunk.length
  }
  return size
}
