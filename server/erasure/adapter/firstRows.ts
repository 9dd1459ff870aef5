/** The first rows of a table as a search reads it: whether they begin with a line of column names. Pure, but for what it is given to read. */
import { copyDelimiter, type Part } from '#inventory'

type Delimiter = Part['delimiter']

/** Read of a table to tell: enough for hundreds of rows. */
const firstBytesMax = 64 * 1024

export interface Watched {
  /** The same bytes, to be read once; what follows is known when they were. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Whether they begin with a line of column names. */
  header(): boolean
  /** Whether a list of objects may stand in a cell. */
  lists(): boolean
}

/** Looks at the bytes of a table while they are read. */
export function watchRows(bytes: AsyncIterable<Uint8Array>, delimiter: Delimiter): Watched {
  const first: Buffer[] = []
  let [length, all, lists] = [0, true, false]
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      if (length < firstBytesMax) first.push(Buffer.from(chunk.subarray(0, firstBytesMax - length)))
      length += chunk.length
      for (const sign of ['[{', '[ {']) lists ||= Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).includes(sign)
      all = length <= firstBytesMax
      yield chunk
    }
  }
  return { bytes: watched(), lists: () => lists, header: () => beginsWithHeader(rowsIn(Buffer.concat(first).toString(), delimiter, all)) }
}

/** Rows of a text, by RFC 4180 but with this delimiter; with `all`, the last one as well when it has no line end. */
export function rowsIn(text: string, delimiter: Delimiter, all: boolean): string[][] {
  if (delimiter === copyDelimiter) return text.split('\n').slice(0, all && !text.endsWith('\n') ? undefined : -1).map((line) => line.split('\t'))
  const sign = delimiter === '|' ? '[|]' : delimiter
  const field = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^${sign}\\r\\n]*))(${sign}|\\r?\\n|$)`, 'y')
  const rows: string[][] = []
  let row: string[] = []
  field.lastIndex = text.startsWith('\ufeff') ? 1 : 0
  while (field.lastIndex < text.length) {
    const found = field.exec(text)
    if (found === null) break // a quote that stands inside a field, or does not close
    const [, quoted, plain = '', end] = found
    row.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === delimiter) continue
    if (end !== '' || all) rows.push(row)
    row = []
  }
  return rows
}

const standsForNothing = /^(unknown|none|null|nil|nan?|n\/a|undefined|empty|missing|anonymous|anonymi[sz]ed|deleted|erased|removed|redacted|withheld|hidden|test|inconnue?|vide|n[ée]ant|supprim[ée]e?)$/i
const digitsOf = (cell: string): number => cell.replaceAll(/\D/g, '').length
/** Addresses, telephone numbers, identifiers, digests. */
const isValue = (cell: string): boolean => cell.includes('@') || digitsOf(cell) >= 3
const isName = (cell: string): boolean => /^[\p{L}_]/u.test(cell) && !isValue(cell) && !standsForNothing.test(cell)

/**
 * Whether the first of these rows names the columns, and is nobody's record: all of it is names, no two alike, and one of them stands over a column of addresses or numbers. What is not certain is
 * no header: then it is somebody.
 */
export function beginsWithHeader(rows: readonly (readonly string[])[]): boolean {
  const [first = [], ...others] = rows
  const names = first.map((cell) => cell.trim())
  if (others.length === 0 || names.some((name, at) => (name === '' && at > 0) || name.includes('@') || /\d{5}/.test(name) || standsForNothing.test(name)) || new Set(names.map((name) => name.toLowerCase())).size < names.length) return false
  return names.some((name, at) => {
    const cells = others.map((row) => (row[at] ?? '').trim()).filter((cell) => cell !== '')
    return isName(name) && cells.length * 2 >= others.length && cells.every(isValue)
  })
}
