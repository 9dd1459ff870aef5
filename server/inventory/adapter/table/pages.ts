/**
 * Records of database pages found in any bytes: copies of a data directory, disk images, write-ahead logs, what a deletion left. Every
 * 512 bytes a page may begin; those that hold together as one give their records as rows, beside the bytes themselves.
 */
import { pagesName } from '../part.ts'
import type { Part } from '../part.ts'
import type { ByteSource } from './dump.ts'
import { postgresTuples } from './postgresPage.ts'
import { createRowWriter, type RowWriter } from './rows.ts'
import { sqliteRecords } from './sqlitePage.ts'
import { openWindow } from './window.ts'

/** Sectors of disks and steps of every file system: pages begin at one of them; frames of a write-ahead log do not, and are found by their own. */
const stepBytes = 512
const sizes = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]
const largest = 65_536
const windowBytes = 4 * 1024 * 1024
const flushBytes = 128 * 1024

/** The records of all database pages in a stream of bytes; its `partly` says how many pages there were of which kind, when there were any. */
export function pagesPart(source: ByteSource): Part {
  const found = { sqlite: 0, postgres: 0 }
  return {
    name: pagesName, kind: 'database pages', shape: 'rows', delimiter: '\t', bytes: rowsOf(source, found),
    partly: () => found.sqlite + found.postgres === 0 ? [] : [`${found.sqlite} pages of SQLite and ${found.postgres} of PostgreSQL were found; values that go on in other pages, and those of other databases, are seen only as bytes`],
  }
}

async function* rowsOf(source: ByteSource, found: { sqlite: number; postgres: number }): AsyncGenerator<Uint8Array> {
  const window = openWindow(source.open(), windowBytes)
  const writer = createRowWriter()
  const state: Walk = { next: 0, salt: undefined, size: 0 }
  try {
    while (!window.ended || window.at < window.bytes.length) {
      while (window.bytes.length - window.at < 2 * largest && await window.more());
      const { bytes, offset } = window
      const last = window.ended ? bytes.length : bytes.length - largest
      for (let at = window.at; at < last;) at = walk(bytes, at, { writer, found, state, offset })
      window.at = window.ended ? bytes.length : Math.min(bytes.length, Math.max(window.at, state.next - offset))
      if (writer.ready > flushBytes) yield writer.take()
    }
    if (writer.ready > 0) yield writer.take()
  } finally {
    await window.close()
  }
}

interface Walk {
  /** Where in the stream the next page may begin. */
  next: number
  /** In a write-ahead log: what its header and each of its frames hold. */
  salt: Buffer | undefined
  /** The size that pages had last: 0 before the first one. */
  size: number
}

interface Context {
  readonly writer: RowWriter
  readonly found: { sqlite: number; postgres: number }
  readonly state: Walk
  readonly offset: number
}

const logMagic = 0x377f0682
const logHeaderBytes = 32
const frameBytes = 24

/** Looks for a page at `at`; returns where the next one may be. */
function walk(bytes: Buffer, at: number, context: Context): number {
  const { state, offset } = context
  const go = (to: number): number => { state.next = offset + to; return to }
  if (bytes.length - at >= logHeaderBytes && (bytes.readUInt32BE(at) & ~1) >>> 0 === logMagic && sizes.includes(bytes.readUInt32BE(at + 8))) {
    state.salt = Buffer.from(bytes.subarray(at + 16, at + 24))
    state.size = bytes.readUInt32BE(at + 8)
    return go(at + logHeaderBytes)
  }
  if (state.salt !== undefined) {
    if (bytes.length - at > frameBytes && bytes.subarray(at + 8, at + 16).equals(state.salt)) {
      sqlitePage(bytes, at + frameBytes, context)
      return go(at + frameBytes + state.size)
    }
    state.salt = undefined // the log has ended: what follows lies at a step again, or is what an older log left
    const step = (offset + at) % stepBytes
    if (step > 0) return go(at + stepBytes - step)
  }
  return go(at + (postgresPage(bytes, at, context) || sqlitePage(bytes, at, context) || stepBytes))
}

/** Writes the tuples of the page at `at`; returns its size, 0 when there is none. */
function postgresPage(bytes: Buffer, at: number, { writer, found }: Context): number {
  if (bytes.length - at < 8192 || bytes[at + 19] !== 0x20) return 0
  const tuples = postgresTuples(bytes.subarray(at, at + 8192))
  if (tuples.length === 0) return 0
  found.postgres += 1
  for (const values of tuples) {
    for (const value of values) writer.text(value)
    writer.endRow()
  }
  return 8192
}

/** The same of a leaf of an SQLite table. */
function sqlitePage(bytes: Buffer, at: number, { writer, found, state }: Context): number {
  const first = bytes[at] === 0x53 && bytes.length - at >= 100 && bytes.toString('latin1', at, at + 16) === 'SQLite format 3\0'
  if (first) state.size = bytes.readUInt16BE(at + 16) === 1 ? largest : bytes.readUInt16BE(at + 16)
  if (!first && bytes[at] !== 0x0d) return 0
  const size = pageSize(bytes, at, { first, known: state.size })
  if (size === 0) return 0
  found.sqlite += 1
  for (const { values } of sqliteRecords(bytes.subarray(at, at + size), first ? 100 : 0, size)) {
    for (const value of values) {
      if (value === null) writer.nothing()
      else if (typeof value === 'string') writer.text(value)
      else writer.bytes(value, 0, value.length)
    }
    writer.endRow()
  }
  return size
}

/** The size of the page at `at`: that of the pages before, or the smallest that holds together. */
function pageSize(bytes: Buffer, at: number, { first, known }: { first: boolean; known: number }): number {
  const start = first ? 100 : 0
  const fits = (size: number): boolean => at + size <= bytes.length && sqliteRecords(bytes.subarray(at, at + size), start, size).length > 0
  if (known > 0 && fits(known)) return known
  return first ? 0 : (sizes.find(fits) ?? 0)
}
