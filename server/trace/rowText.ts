/** Rows of delimited bytes, one by one, as the scanner counts them: for the few that have to be looked at by themselves. */
import { copyDelimiter } from '#inventory'
import { Broken } from '#kit/errors'

export interface RowText {
  /** From 0. */
  readonly ordinal: number
  /** Byte offsets in the stream; the end of the line is included. */
  readonly start: number
  readonly end: number
  /** Without quotes. */
  fields(): string[]
  /** As it stands there, without the end of the line. */
  text(): Buffer
}

const [quote, newline, carriageReturn] = [0x22, 0x0a, 0x0d]

/** A longer row is none that anybody can be told by. */
const rowBytesMax = 64 * 1024 * 1024

/** The rows of a stream. A line end within a field that opens with a quote belongs to it. Throws `Broken` for a row beyond `rowBytesMax`. */
export async function* rowsIn(bytes: AsyncIterable<Uint8Array>, delimiter: string): AsyncGenerator<RowText> {
  const cell = delimiter.charCodeAt(0)
  const quoted = delimiter !== copyDelimiter
  let [pending, offset, ordinal] = [Buffer.alloc(0), 0, 0]
  let within: 'start' | 'plain' | 'quoted' | 'closed' = 'start'
  for await (const piece of bytes) {
    const from = pending.length
    pending = from === 0 ? Buffer.from(piece) : Buffer.concat([pending, piece])
    if (pending.length > rowBytesMax) throw new Broken('trace/row-too-long', 'a row is longer than any that can be told apart')
    let start = 0
    for (let at = from; at < pending.length; at += 1) {
      const byte = pending[at]
      if (within === 'quoted') within = byte === quote ? 'closed' : 'quoted'
      else if (quoted && byte === quote && within !== 'plain') within = 'quoted' // one that opens the field, or the second of two
      else if (byte === newline) {
        yield rowOf(pending.subarray(start, at + 1), { ordinal, start: offset + start, delimiter })
        ordinal += 1
        start = at + 1
        within = 'start'
      } else within = byte === cell ? 'start' : 'plain'
    }
    offset += start
    pending = pending.subarray(start)
  }
  if (pending.length > 0) yield rowOf(pending, { ordinal, start: offset, delimiter })
}

function rowOf(line: Buffer, { ordinal, start, delimiter }: { ordinal: number; start: number; delimiter: string }): RowText {
  let length = line.length
  if (line[length - 1] === newline) length -= 1
  if (line[length - 1] === carriageReturn) length -= 1
  const own = line.subarray(0, length)
  return { ordinal, start, end: start + line.length, text: () => Buffer.from(own), fields: () => fieldsOf(own.toString('utf8'), delimiter) }
}

function fieldsOf(text: string, delimiter: string): string[] {
  if (delimiter === copyDelimiter) return text.split(copyDelimiter.charAt(0))
  const fields: string[] = []
  for (let at = 0; at <= text.length;) {
    if (text[at] !== '"') {
      const end = text.indexOf(delimiter, at)
      fields.push(text.slice(at, end < 0 ? undefined : end))
      if (end < 0) return fields
      at = end + delimiter.length
      continue
    }
    let end = at + 1
    while (end < text.length && (text[end] !== '"' || text[end + 1] === '"')) end += text[end] === '"' ? 2 : 1
    fields.push(text.slice(at + 1, end).replaceAll('""', '"'))
    const next = text.indexOf(delimiter, end + 1)
    if (next < 0) return fields
    at = next + delimiter.length
  }
  return fields
}
