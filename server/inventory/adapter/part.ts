/**
 * What every reader of files, archives, databases and buckets gives the search: parts, each a stream of bytes with the way it is to
 * be read. A place that cannot be read becomes an unread part with its reason, never silence.
 */
import type { Encoding } from './format.ts'

/**
 * How the scanner reads the bytes. `rows`: delimited records, fields compared whole (and text inside long fields, too). `text`: prose,
 * logs, markup: values are cut out of it. `bytes`: anything at all: values are looked for in it.
 */
export type Shape = 'rows' | 'text' | 'bytes'

/** Bytes of a file that is open, as they stand there. */
export interface FileSpan {
  readonly descriptor: number
  readonly from: number
  /** Exclusive; beyond the end of the file for all that there is. */
  readonly to: number
}

export interface Part {
  /** Inside its place: '' for the whole of it, else such as `people.csv`, `inner.zip!/people.csv`, `sheet Customers`, `public.customer`. */
  readonly name: string
  /** In words, for coverage: `CSV`, `JSON lines`, `Parquet`, `XLSX sheet`, `table of an SQL dump`, `mail`, `unknown bytes`. */
  readonly kind: string
  readonly shape: Shape
  /** Of `rows`; anything for the other shapes. */
  readonly delimiter: string
  /** Of `rows` that are read as declared: what stands around fields; `none` for nothing, `"` when left out. */
  readonly quote?: string | undefined
  /** Names of the fields, where the format tells them. A CSV's header line is its first row, and stays in the bytes. */
  readonly columns?: readonly string[] | undefined
  /** Of rows in a text: how they are written, and what the text is packed in inside its nearest archive, outermost first. */
  readonly text?: { readonly format: 'delimited' | 'json lines' | 'json'; readonly encoding: Encoding; readonly packings: readonly string[] } | undefined
  /** Iterate once, to the end or stop. Throws `Broken` when it cannot be read on: half read is not read. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Where the same bytes stand in a file, when they are given as they are but for lines that are no UTF-8: to be read instead, until the next part is asked for. */
  readonly span?: FileSpan | undefined
  /** After `bytes` has ended: what of the part is not in them, in words. Empty: nothing is missing. */
  partly(): readonly string[]
}

/** A part, or a whole place when `name` is '', that was not read. */
export interface UnreadPart {
  readonly name: string
  readonly because: string
}

export type PartOrUnread = Part | UnreadPart

/** The part that reads the bytes of another once more, as records of database pages. */
export const pagesName = 'database pages'

/** The part whose bytes are read once more under this name, if any: its records are no further records. */
export function sameBytesAs(name: string): string | undefined {
  if (name === pagesName) return ''
  return name.endsWith(`!/${pagesName}`) ? name.slice(0, -`!/${pagesName}`.length) : undefined
}

/** Whether it stands for something that was not read. */
export const isUnread = (part: PartOrUnread): part is UnreadPart => 'because' in part

/** How a part of a file is named as a place: `backup.tar.gz!/people.csv`. A path that holds `!/`, or ends with `!`, has it as `%21`. */
export function printPart(path: string, name: string): string {
  const outer = path.replaceAll('%21', '%2521').replaceAll(/!(?=[/]|$)/g, '%21')
  return name === '' ? outer : `${outer}!/${name}`
}

/** The inverse of `printPart`. */
export function parsePart(place: string): { readonly path: string; readonly name: string } {
  const end = place.indexOf('!/')
  const outer = end < 0 ? place : place.slice(0, end)
  return { path: outer.replaceAll(/%(25)?21/g, (_, escaped?: string) => (escaped === undefined ? '!' : '%21')), name: end < 0 ? '' : place.slice(end + 2) }
}
