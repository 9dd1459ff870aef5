/** Tables that a sample may be: delimited text, JSON or JSON lines, gzipped or not. Told by its bytes alone. */
import { gunzipSync } from 'node:zlib'
import { rowsIn, sampledEvenly, type SampleTable } from '#trace'
import { Misuse } from '#kit/errors'
import { markedRowsMax } from './attribution/marked.ts'

/** More than a sample: of a whole leak a part says as much. Bytes. */
export const sampleBytesMax = 256 * 1024 * 1024

/** What is looked at of a sample: `table` has as many rows as are compared, picked evenly. */
export interface Sample { readonly table: SampleTable; /** Those that stand first, which are looked at for marks. */ readonly first: SampleTable['rows']; /** All that there are. */ readonly count: number }

/** `name`: what messages call it. */
export interface SampleToRead { readonly name: string; readonly bytes: Uint8Array }

/** What a thread read, or why it is no sample. */
export type ReadSample = Sample | { readonly misuse: string }

/** Different names in the records of one sample; of a person there are some tens. */
const namesMax = 1_000

/** Cells of records with these names: a sample may lack most of them in each, but has at least one for so many bytes. */
const [cellsMin, bytesOfCell] = [1_000_000, 4]

/** Lines that are no JSON, over those that are, after which a text is not taken for lines of it. */
const otherLinesMax = 1_000

/** Cells of the rows that are looked at: what is beyond them, in rows wider than any table, is left out. */
const cellsMax = 2_000_000

/** Reads a sample. */
export const lookAt = ({ name, bytes }: SampleToRead): Promise<ReadSample> => tableIn(name, bytes).then(looked, refused)

function looked({ header, rows }: SampleTable): ReadSample {
  const [picked, first] = [sampledEvenly(rows), rows.slice(0, markedRowsMax)]
  const width = Math.max(1, Math.floor(cellsMax / (picked.length + first.length)))
  const narrow = (row: readonly string[]): readonly string[] => (row.length > width ? row.slice(0, width) : row)
  return { table: { header: header?.slice(0, width), rows: picked.map(narrow) }, first: first.map(narrow), count: rows.length }
}

function refused(cause: unknown): ReadSample {
  if (cause instanceof Misuse) return { misuse: cause.message }
  throw cause
}

/** The rows of a sample; `name` is what messages call it. Throws `Misuse` for one that holds no rows, or makes far more of its bytes than stands there. */
async function tableIn(name: string, bytes: Uint8Array): Promise<SampleTable> {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(name, bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const table = jsonTable(name, plain) ?? await textTable(plain)
  if (table.rows.length === 0) throw new Misuse(`${name} holds no rows: give delimited text, JSON or JSON lines, with one person a row`)
  return table
}

function unpacked(name: string, bytes: Uint8Array): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: sampleBytesMax })
  } catch {
    throw new Misuse(`${name} looks like gzip and does not unpack to at most 256 MiB; unpack a part of it`)
  }
}

function jsonTable(name: string, bytes: Buffer): SampleTable | undefined {
  const text = bytes.toString('utf8').trimStart()
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined
  const objects = parsed(text) ?? linesIn(text)
  const records = [objects].flat().filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null && !Array.isArray(one))
  if (records.length === 0) return undefined
  const names = new Set<string>()
  for (const record of records) {
    for (const name of Object.keys(record)) names.add(name)
    if (names.size > namesMax) throw new Misuse(`the records of ${name} have more than ${namesMax.toLocaleString('en-GB')} different names; give a list of records, one of a person, without the names that few of them have`)
  }
  if (records.length * names.size > cellsMin + bytes.length / bytesOfCell) throw new Misuse(`the ${records.length.toLocaleString('en-GB')} records of ${name} have ${names.size} different names, and each has few of them; give those that have the same names`)
  const header = [...names]
  return { header, rows: records.map((record) => header.map((name) => written(record[name]))) }
}

/** What stands on the lines of a text, in one list; empty where most of them are no JSON. */
function linesIn(text: string): unknown[] {
  const found: unknown[] = []
  let others = 0
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const one = parsed(line)
    if (one !== undefined) for (const each of [one].flat()) found.push(each)
    else if ((others += 1) > found.length + otherLinesMax) return []
  }
  return found
}

const written = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function textTable(bytes: Buffer): Promise<SampleTable> {
  const first = bytes.toString('utf8', 0, 65_536).split('\n')[0] ?? ''
  const delimiter = [',', ';', '\t', '|'].map((one) => ({ one, count: first.split(one).length })).sort((a, b) => b.count - a.count)[0]!.one
  const rows: string[][] = []
  for await (const row of rowsIn(once(bytes), delimiter)) rows.push(row.fields())
  const filled = rows.filter((row) => row.some((field) => field.trim() !== ''))
  // A line of names is told by what it lacks: no digit, no sign of an address.
  const named = filled.length > 1 && filled[0]!.every((field) => /^[\p{L}_][\p{L}\p{N}_ .-]*$/u.test(field.trim()))
  return named ? { header: filled[0]!.map((field) => field.trim()), rows: filled.slice(1) } : { header: undefined, rows: filled }
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> { yield await Promise.resolve(bytes) }
