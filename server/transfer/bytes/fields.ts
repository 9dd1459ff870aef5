/** Fields of rows where they stand in the bytes: CSV as readers of datasets write it (RFC 4180; commas, `\n`, NULL as an empty field without quotes). */
import { Broken } from '#kit/errors'

export const [quote, comma, newline] = [0x22, 0x2c, 0x0a]

/** From `start` to `end`, within its quotes. */
export interface Field {
  bytes: Uint8Array
  start: number
  end: number
  /** It stood in quotes; without, an empty one is NULL. */
  quoted: boolean
  /** Has quotes in it, each twice. */
  doubled: boolean
}

export const noField: Field = { bytes: new Uint8Array(0), start: 0, end: 0, quoted: false, doubled: false }

export const malformed = (): Broken => new Broken('inventory/rows-malformed', 'rows of a dataset are not written as CSV is: a quote is not closed, or stands inside a field')

/** The text of a field; null for NULL. */
export function valueOf({ bytes, start, end, quoted, doubled }: Field): string | null {
  if (!quoted && start === end) return null
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  return doubled ? text.replaceAll('""', '"') : text
}

const needsQuotes = /[",\n\r]|^$|^\\[.]$|^\s|\s$/

/** A value as a field: in quotes where readers of datasets put some. */
export function fieldOf(value: string): Field {
  const fields: Field[] = []
  const bytes = Buffer.from(`${needsQuotes.test(value) ? `"${value.replaceAll('"', '""')}"` : value}\n`)
  readRow(bytes, 0, fields)
  return fields[0]!
}

/** Reads the row that begins at `start` into `fields`, whose objects are used again; returns where the next begins, or -1 where it is not whole. Throws `Broken` for what is not written so. */
export function readRow(bytes: Uint8Array, start: number, fields: Field[]): number {
  let at = start
  for (let index = 0; at < bytes.length; index += 1) {
    const field = (fields[index] ??= { ...noField })
    field.bytes = bytes
    at = bytes[at] === quote ? readQuoted(field, at + 1) : readPlain(field, at)
    if (at < 0 || at >= bytes.length) return -1
    const ends = bytes[at]
    at += 1
    if (ends === newline) { fields.length = index + 1; return at }
    if (ends !== comma) throw malformed()
  }
  return -1
}

function readQuoted(field: Field, start: number): number {
  const { bytes } = field
  field.quoted = true
  field.doubled = false
  field.start = start
  for (let at = start; ; at += 2) {
    while (at < bytes.length && bytes[at] !== quote) at += 1
    if (at + 1 >= bytes.length) return -1
    field.end = at
    if (bytes[at + 1] !== quote) return at + 1
    field.doubled = true
  }
}

function readPlain(field: Field, start: number): number {
  const { bytes } = field
  let at = start
  for (; at < bytes.length && bytes[at] !== comma && bytes[at] !== newline; at += 1) if (bytes[at] === quote) throw malformed()
  field.quoted = false
  field.doubled = false
  field.start = start
  field.end = at
  return at
}
