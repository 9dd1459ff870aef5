/** A sample as it was found: delimited text, JSON or JSON lines, gzipped or not. Read into memory, and kept nowhere. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { rowsIn, type SampleTable } from '#trace'
import { Misuse } from '#kit/errors'

/** More than a sample: of a whole leak a part says as much. */
const sampleBytesMax = 256 * 1024 * 1024

export interface SampleFile { readonly table: SampleTable; readonly sha256: string; /** As they were found. */ readonly bytes: Uint8Array }

/** Reads a file, or what was sent of one. Throws `Misuse` for a file that cannot be read, or holds no rows. */
export async function readSample(of: string | Uint8Array): Promise<SampleFile> {
  const file = typeof of === 'string' ? of : 'the sample'
  const bytes = typeof of === 'string' ? bytesOf(of) : Buffer.from(of)
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(file, bytes) : bytes
  const table = jsonTable(plain) ?? await textTable(plain)
  if (table.rows.length === 0) throw new Misuse(`${file} holds no rows: give delimited text, JSON or JSON lines, with one person a row`)
  return { table, sha256: createHash('sha256').update(bytes).digest('hex'), bytes }
}

function bytesOf(file: string): Buffer {
  try {
    if (statSync(file).size > sampleBytesMax) throw new Misuse(`${file} is larger than 256 MiB; give a part of it, such as its first 10,000 rows`)
    return readFileSync(file)
  } catch (cause) {
    if (cause instanceof Misuse) throw cause
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

function unpacked(file: string, bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: sampleBytesMax })
  } catch {
    throw new Misuse(`${file} looks like gzip and does not unpack to at most 256 MiB; unpack a part of it`)
  }
}

function jsonTable(bytes: Buffer): SampleTable | undefined {
  const text = bytes.toString('utf8').trimStart()
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined
  const objects = parsed(text) ?? text.split('\n').flatMap((line) => parsed(line) ?? [])
  const records = [objects].flat().filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null && !Array.isArray(one))
  if (records.length === 0) return undefined
  const header = [...new Set(records.flatMap(Object.keys))]
  return { header, rows: records.map((record) => header.map((name) => written(record[name]))) }
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
