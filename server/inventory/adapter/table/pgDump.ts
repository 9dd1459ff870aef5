/**
 * The archives of `pg_dump -Fc` and the `toc.dat` of `-Fd`, read front to back as a stream: the table of contents, then each table's
 * rows as COPY text. Follows src/bin/pg_dump/pg_backup_archiver.c and pg_backup_custom.c of PostgreSQL 13 to 18 (archive versions 1.12 to 1.16).
 */
import { createInflate, createZstdDecompress } from 'node:zlib'
import { Readable } from 'node:stream'
import { Broken } from '#kit/errors'
import type { PartOrUnread } from '../part.ts'
import { columnsDeclared, piecesOfDump, type ByteSource } from './dump.ts'
import { headOf } from './statement.ts'
import { partsOfPieces, type Piece, type PieceTable } from './pieces.ts'
import { openWindow, type Window } from './window.ts'

/** Whether the first bytes of a file are those of a pg_dump archive (`-Fc`, or the `toc.dat` of `-Fd` and `-Ft`). */
export const isPgDump = (sample: Uint8Array): boolean => Buffer.from(sample.subarray(0, 5)).toString('latin1') === 'PGDMP'

/** One text of the table of contents: a function, a view; more is no archive. Bytes. */
const textBytesMax = 32 * 1024 * 1024
/** Entries of the table of contents: ten for each of a million tables. */
const entriesMax = 10_000_000

type Compression = 'none' | 'gzip' | 'lz4' | 'zstd'

interface Archive {
  readonly window: Window
  /** Major, minor and revision in one number: 1.15.0 is 0x010f00. */
  readonly version: number
  readonly integerBytes: number
  readonly offsetBytes: number
  readonly format: 'custom' | 'directory' | 'tar'
  readonly compression: Compression
}

interface Entry {
  readonly id: number
  readonly kind: string
  readonly table: readonly string[]
  readonly statements: string
  readonly copy: string
  /** Whether a block with its rows follows the contents (`custom` only). */
  readonly filled: boolean
}

const version = (minor: number): number => 0x010000 + (minor << 8)
const [oldest, newest] = [version(12), version(16)]

/** The parts of a pg_dump archive: one a table, and `statements` with its table of contents. */
export async function* partsOfPgDump(source: ByteSource): AsyncGenerator<PartOrUnread> {
  const window = openWindow(source.open())
  try {
    const archive = await header(window)
    if ('because' in archive) { yield { name: '', because: archive.because }; return }
    const entries = await contents(archive)
    const unread: PartOrUnread[] = []
    yield* partsOfPieces(pieces(archive, entries, unread))
    if (archive.format !== 'custom') {
      const held = [...entries.values()].filter((entry) => entry.kind === 'TABLE DATA').length
      if (held > 0) unread.push({ name: 'data', because: `the rows of its ${held} tables lie in other files of the dump, which are places of their own` })
    }
    yield* unread
  } finally {
    await window.close()
  }
}

async function header(window: Window): Promise<Archive | { because: string }> {
  const start = await take(window, 11)
  const found = start[5]! * 0x10000 + start[6]! * 0x100
  if (found < oldest || found >= newest + 0x100) return { because: `an archive of pg_dump in version ${start[5]}.${start[6]}; 1.12 to 1.16 are read` }
  const format = ({ 1: 'custom', 3: 'tar', 5: 'directory' } as const)[start[10]!]
  if (format === undefined) return { because: 'an archive of pg_dump of an unknown kind' }
  const archive = { window, version: found, integerBytes: start[8]!, offsetBytes: start[9]!, format, compression: 'none' as Compression }
  const algorithms = ['none', 'gzip', 'lz4', 'zstd'] as const
  const compression = found >= version(15) ? algorithms[(await take(window, 1))[0]!] : (await integer(archive)) === 0 ? 'none' : 'gzip'
  if (compression === undefined) return { because: 'an archive of pg_dump with an unknown compression' }
  return { ...archive, compression }
}

/** The next bytes. Throws `Broken` when the archive ends before. */
async function take(window: Window, length: number): Promise<Buffer> {
  while (window.bytes.length - window.at < length) if (!await window.more()) throw new Broken('inventory/archive-cut', 'an archive of pg_dump ends early, or says a length that it has not')
  const taken = window.bytes.subarray(window.at, window.at + length)
  window.at += length
  return taken
}

async function integer({ window, integerBytes }: { readonly window: Window; readonly integerBytes: number }): Promise<number> {
  const bytes = await take(window, integerBytes + 1)
  let value = 0
  for (let at = integerBytes; at > 0; at -= 1) value = value * 256 + bytes[at]!
  return bytes[0] === 0 ? value : -value
}

async function text(archive: Archive): Promise<string | undefined> {
  const length = await integer(archive)
  if (length < 0) return undefined
  if (length > textBytesMax) throw new Broken('inventory/archive-malformed', 'a text of an archive of pg_dump is longer than any')
  return (await take(archive.window, length)).toString('utf8')
}

/** The table of contents, by the number of each entry. */
async function contents(archive: Archive): Promise<Map<number, Entry>> {
  for (let part = 0; part < 7; part += 1) await integer(archive) // when it was made
  for (let part = 0; part < 3; part += 1) await text(archive) // database, and versions of server and pg_dump
  const count = await integer(archive)
  if (count < 0 || count > entriesMax) throw new Broken('inventory/archive-malformed', 'an archive of pg_dump says an impossible number of entries')
  const entries = new Map<number, Entry>()
  for (let index = 0; index < count; index += 1) {
    const entry = await readEntry(archive)
    entries.set(entry.id, entry)
  }
  return entries
}

/** What stands before the place of an entry's rows when it has none (`K_OFFSET_NO_DATA`). */
const noData = 3

async function readEntry(archive: Archive): Promise<Entry> {
  const id = await integer(archive)
  const dumped = await integer(archive) !== 0
  await text(archive) // table's oid
  await text(archive) // own oid
  const tag = await text(archive) ?? ''
  const kind = await text(archive) ?? ''
  await integer(archive) // section
  const statements = await text(archive) ?? ''
  await text(archive) // how to drop it
  const copy = await text(archive) ?? ''
  const schema = await text(archive) ?? ''
  await text(archive) // tablespace
  if (archive.version >= version(14)) await text(archive) // access method
  if (archive.version >= version(16)) await integer(archive) // kind of relation
  await text(archive) // owner
  await text(archive) // with oids
  while (await text(archive) !== undefined); // what it depends on
  const filled = archive.format === 'custom' && (await take(archive.window, 1 + archive.offsetBytes))[0] !== noData && dumped
  if (archive.format !== 'custom') await text(archive) // file of its rows
  return { id, kind, table: schema === '' ? [tag] : [schema, tag], statements, copy, filled }
}

async function* pieces(archive: Archive, entries: ReadonlyMap<number, Entry>, unread: PartOrUnread[]): AsyncGenerator<Piece> {
  const statements: PieceTable = { name: 'statements', kind: 'statements of a pg_dump archive', shape: 'text', partly: () => [] }
  for (const entry of entries.values()) {
    const bytes = Buffer.from(`${entry.statements}${entry.copy}\n`)
    if (bytes.length > 1) yield { table: statements, bytes }
  }
  if (archive.format !== 'custom') return
  const declared = columnsDeclared([...entries.values()].filter((entry) => entry.kind === 'TABLE').map((entry) => entry.statements))
  const objects: PieceTable = { name: 'large objects', kind: 'large objects of a pg_dump archive', shape: 'bytes', partly: () => [] }
  const missing = new Map([...entries].filter(([, { filled }]) => filled))
  const passed = new Set<string>()
  while (archive.window.bytes.length > archive.window.at || await archive.window.more()) {
    const kind = (await take(archive.window, 1))[0]!
    const entry = entries.get(await integer(archive))
    if (entry !== undefined) missing.delete(entry.id)
    if (entry === undefined || (kind !== 1 && kind !== 3)) throw new Broken('inventory/archive-malformed', 'an archive of pg_dump goes on with a block of an unknown kind')
    if (archive.compression === 'lz4') {
      await passOver(archive, kind)
      const name = entry.table.join('.')
      if (!passed.has(name)) unread.push({ name, because: 'compressed with lz4, which is not read' })
      passed.add(name)
    } else if (kind === 1) yield* rows(archive, entry, declared)
    else yield* largeObjects(archive, objects)
  }
  // Cut between two blocks, an archive ends like a whole one: only its contents tell.
  for (const { table } of missing.values()) unread.push({ name: `rows of ${table.join('.')}`, because: 'the archive ends before these rows, which its contents promise' })
}

// The statement before the rows of a table: 1,600 columns with names of 63 characters of four bytes. Characters.
const copyMax = 512 * 1024

async function* rows(archive: Archive, entry: Entry, declared: ReadonlyMap<string, readonly string[]>): AsyncGenerator<Piece> {
  const bytes = unpacked(archive)
  const columns = headOf(`${Buffer.from(entry.copy.slice(0, copyMax)).toString('latin1')}\n`)?.columns
  yield* piecesOfDump(bytes, entry.copy === '' ? { declared } : { copied: { table: entry.table, columns } })
}

async function* largeObjects(archive: Archive, table: PieceTable): AsyncGenerator<Piece> {
  while (await integer(archive) !== 0) {
    for await (const bytes of unpacked(archive)) yield { table, bytes }
    yield { table, bytes: Buffer.from('\n') }
  }
}

/** The chunks of one block, as they lie there. */
async function* chunks(archive: Archive): AsyncGenerator<Uint8Array> {
  for (let length = await integer(archive); length !== 0; length = await integer(archive)) {
    if (length < 0 || length > textBytesMax) throw new Broken('inventory/archive-malformed', 'a block of an archive of pg_dump has an impossible length')
    yield Buffer.from(await take(archive.window, length))
  }
}

async function* unpacked(archive: Archive): AsyncGenerator<Uint8Array> {
  if (archive.compression === 'none') return yield* chunks(archive)
  const stream = archive.compression === 'zstd' ? createZstdDecompress() : createInflate()
  const source = Readable.from(chunks(archive))
  source.on('error', (cause) => stream.destroy(cause))
  try {
    yield* source.pipe(stream) as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/archive-malformed', 'a compressed block of an archive of pg_dump is damaged', { cause })
  }
}

async function passOver(archive: Archive, kind: number): Promise<void> {
  const skip = async (): Promise<void> => {
    const passed = chunks(archive)
    while ((await passed.next()).done !== true);
  }
  if (kind === 1) return skip()
  while (await integer(archive) !== 0) await skip()
}
