/** Parts that are one stream: tables as text, JSON, markup, prose, and bytes of no known kind. All come out as UTF-8. */
import { isUtf8 } from 'node:buffer'
import { copyDelimiter, type Delimiter, type Encoding, type FileFormat, type TextFormat } from '../format.ts'
import { csvOfJsonLines } from '../jsonLines.ts'
import type { Part } from '../part.ts'
import { watchDense } from './dense.ts'
import { csvOfJson, type JsonReport } from './jsonRows.ts'
import { markupBytes, rowsInMarkup } from './markup.ts'
import type { Opening } from './source.ts'

/** A place that holds nothing was read: there is nothing in it. */
export function emptyPart(opening: Opening): Part {
  return { name: opening.name, kind: kindOf('empty', opening), shape: 'rows', delimiter: ',', bytes: opening.bytes, partly: () => opening.notes() }
}

/** Bytes of no format that is known: values are looked for in them as they are. */
export function bytesPart(opening: Opening, format: FileFormat & { outcome: 'bytes' }): Part {
  const hidden = format.hidden === undefined ? [] : [format.hidden]
  const { bytes, partly } = format.told === true ? { bytes: opening.bytes, partly: () => hidden } : watchDense(opening.bytes)
  return { name: opening.name, kind: kindOf(format.kind, opening), shape: 'bytes', delimiter: ',', bytes, partly: () => [...partly(), ...opening.notes()] }
}

/** A text as one part; `named`: JSON lines by the names of their fields. */
export function textPart(opening: Opening, format: TextFormat & { readonly encoding: Encoding }, named = false): Part {
  const report: JsonReport = { rows: 0, notJson: 0, tooLong: 0, partly: [] }
  const columns: string[] = []
  const text = utf8Of(opening.bytes, format.encoding)
  const rest = { name: opening.name, delimiter: ',' as Delimiter, partly: () => [...report.partly, ...partlyIn(report), ...opening.notes()] }
  const written = (as: NonNullable<Part['text']>['format']): NonNullable<Part['text']> => ({ format: as, encoding: format.encoding, packings: opening.packings })
  const kind = (name: string): string => kindOf(name, opening, format.encoding)
  switch (format.outcome) {
    case 'json lines': if (named) return { ...rest, kind: kind('JSON lines'), shape: 'rows', get columns() { return columns }, bytes: csvOfJsonLines(text, report, columns) }
      return { ...rest, kind: kind('JSON lines'), shape: 'rows', text: written('json lines'), bytes: csvOfJsonLines(text, report) }
    case 'json': return { ...rest, text: written('json'), kind: kind('JSON'), shape: 'rows', get columns() { return columns }, bytes: csvOfJson(text, columns, report) }
    case 'markup': {
      const rows = rowsInMarkup(new TextDecoder(format.encoding).decode(opening.sample))
      return { ...rest, kind: kind(rows ? 'tables in markup' : 'markup'), shape: rows ? 'rows' : 'text', bytes: markupBytes(text, rows) }
    }
    case 'delimited': {
      if (!format.regular) return { ...rest, kind: kind('text'), shape: 'text', bytes: text }
      return { ...rest, kind: kind(dialects[format.delimiter]), shape: 'rows', delimiter: format.delimiter, ...(format.delimiter === copyDelimiter ? { quote: 'none' } : {}), text: written('delimited'), bytes: text, span: format.encoding === 'utf-8' ? opening.span : undefined }
    }
    case 'mail': case 'mailbox': case 'notebook': case 'dump': return { ...rest, kind: kind('text'), shape: 'text', bytes: text }
  }
}

const dialects: Readonly<Record<Delimiter, string>> = { ',': 'CSV', ';': 'CSV with ;', '\t': 'CSV with tabs', '|': 'CSV with |', [copyDelimiter]: 'rows of COPY' }

/** A kind in words, with its encoding where that is not UTF-8 and the packings around it. */
export function kindOf(kind: string, opening: Pick<Opening, 'packings'>, encoding: Encoding = 'utf-8'): string {
  const encoded = encoding === 'utf-8' ? '' : `, ${encoding === 'utf-16le' ? 'UTF-16LE' : 'UTF-16BE'}`
  return `${kind}${encoded}${opening.packings.map((packing) => `, in ${packing}`).reverse().join('')}`
}

function partlyIn({ notJson, tooLong, tooLongNames = 0 }: JsonReport): string[] {
  return [...(tooLongNames > 0 ? [`${tooLongNames} values stand under longer names than any, and were left out`] : []), ...(notJson > 0 ? [`${notJson} lines are no JSON`] : []), ...(tooLong > 0 ? [`${tooLong} lines are longer than any record`] : [])]
}

/** The text in UTF-8. UTF-8 itself is passed on unchanged, so that offsets mean the text's own. */
export function utf8Of(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncIterable<Uint8Array> {
  return encoding === 'utf-8' ? mended(bytes) : recoded(bytes, encoding)
}

async function* recoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding)
  for await (const part of bytes) yield Buffer.from(decoder.decode(part, { stream: true }))
  yield Buffer.from(decoder.decode())
}

/** Lines that are no UTF-8 are taken for Windows-1252, the Latin-1 of every exported table; all others stay as they are. */
async function* mended(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const latin = new TextDecoder('windows-1252')
  let tail: Uint8Array = new Uint8Array(0)
  for await (const part of bytes) {
    const chunk = tail.length === 0 ? part : Buffer.concat([tail, part])
    const cut = unfinished(chunk)
    tail = cut === 0 ? new Uint8Array(0) : chunk.slice(chunk.length - cut)
    const whole = chunk.subarray(0, chunk.length - cut)
    if (whole.length > 0) yield isUtf8(whole) ? whole : mendedLines(whole, latin)
  }
  if (tail.length > 0) yield mendedLines(tail, latin)
}

function mendedLines(bytes: Uint8Array, latin: InstanceType<typeof TextDecoder>): Uint8Array {
  const lines: Uint8Array[] = []
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(0x0a, start)
    const end = feed < 0 ? bytes.length : feed + 1
    const line = bytes.subarray(start, end)
    lines.push(isUtf8(line) ? line : Buffer.from(latin.decode(line)))
    start = end
  }
  return Buffer.concat(lines)
}

/** Bytes at the end that may be the beginning of one character: at most three. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
  }
  return 0
}
