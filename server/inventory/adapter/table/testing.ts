/** Archives of `pg_dump -Fc` of our own making, after src/bin/pg_dump/pg_backup_archiver.c and pg_backup_custom.c: in the layout of any version, with any rows. */
import { deflateSync, zstdCompressSync } from 'node:zlib'

/** `lz4` is said, and nothing is compressed: no reader gets that far. */
export type ArchiveCompression = 'none' | 'gzip' | 'lz4' | 'zstd'

export interface ArchivedTable {
  readonly schema: string
  readonly name: string
  /** As a statement names them. */
  readonly columns: readonly string[]
  /** In the text format of COPY, each row with its line end. */
  readonly rows: string
}

export interface ArchiveLayout {
  /** Of the archive's version: 1.`minor`. */
  readonly minor: number
  readonly compression: ArchiveCompression
  /** Bytes of one piece of rows; all in one when left out. */
  readonly pieceBytes?: number
}

const integer = (value: number): Buffer => { const bytes = Buffer.alloc(5); bytes[0] = value < 0 ? 1 : 0; bytes.writeUInt32LE(Math.abs(value), 1); return bytes }
const text = (value: string | undefined): Buffer => (value === undefined ? integer(-1) : Buffer.concat([integer(Buffer.byteLength(value)), Buffer.from(value)]))

const entryOf = ({ schema, name, columns }: ArchivedTable, number: number, minor: number): Buffer => Buffer.concat([
  integer(number), integer(1), text('1'), text('2'), text(name), text('TABLE DATA'), integer(3), text(''), text(''), text(`COPY ${schema}.${name} (${columns.join(', ')}) FROM stdin;\n`), text(schema), text(''),
  ...(minor >= 14 ? [text('')] : []), ...(minor >= 16 ? [integer(0)] : []), text('me'), text('false'), text(undefined), Buffer.alloc(9),
])

/** The rows of one table, in pieces: a length before each, nought behind the last. */
function blockOf({ rows }: ArchivedTable, number: number, { compression, pieceBytes }: ArchiveLayout): Buffer {
  const plain = Buffer.from(`${rows}\\.\n\n\n`)
  const packed = { none: () => plain, gzip: () => deflateSync(plain), lz4: () => plain, zstd: () => zstdCompressSync(plain) }[compression]()
  const step = pieceBytes ?? packed.length
  const pieces = Array.from({ length: Math.ceil(packed.length / step) }, (_, at) => packed.subarray(at * step, (at + 1) * step))
  return Buffer.concat([Buffer.from([1]), integer(number), ...pieces.flatMap((piece) => [integer(piece.length), piece]), integer(0)])
}

/** The whole archive. */
export function pgDumpArchive(tables: readonly ArchivedTable[], layout: ArchiveLayout): Buffer {
  const { minor, compression } = layout
  const first = 7 // numbers of entries: any do
  return Buffer.concat([
    Buffer.from('PGDMP'), Buffer.from([1, minor, 0, 4, 8, 1]), minor >= 15 ? Buffer.from([['none', 'gzip', 'lz4', 'zstd'].indexOf(compression)]) : integer(compression === 'none' ? 0 : -1),
    ...Array.from({ length: 7 }, () => integer(1)), text('db'), text('18'), text('18'), integer(tables.length), ...tables.map((table, at) => entryOf(table, first + at, minor)), ...tables.map((table, at) => blockOf(table, first + at, layout)),
  ])
}
