/**
 * Records of database pages found in any bytes: copies of a data directory, disk images, write-ahead logs, what a deletion left. Every
 * 512 bytes a page may begin; those that hold together as one give their records as rows, beside the bytes themselves.
 */
import type { PartOrUnread } from '../part.ts'
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

/** The records of all database pages in a stream of bytes; its `partly` says how many pages there were of which kind, when there were none, too. */
export function partsOfPages(source: ByteSource): PartOrUnread {
  const found = { sqlite: 0, postgres: 0 }
  return {
    name: 'database pages', kind: 'database pages', shape: 'rows', delimiter: '\t', bytes: rowsOf(source, found),
    partly: () => [`${found.sqlite} pages of SQLite and ${found.postgres} of PostgreSQL were found; values that go on in other pages, and those of other databases, are seen only as bytes`],
  }
}

async function* rowsOf(source: ByteSource, found: { sqlite: number; postgres: number }): AsyncGenerator<Uint8Array> {
  const window = openWindow(source.open(), windowBytes)
  const writer = createRowWriter()
  const state: Walk = { next: 0, frame: 0, size: 0 }
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
  /** Bytes before each page of a write-ahead log; 0 elsewhere. */
  frame: number
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
function walk(bytes: Buffer, at: number, { writer, found, state, offset }: Context): number {
  const go = (by: number): number => { state.next = offset + at + by; return at + by }
  if (bytes.length - at >= logHeaderBytes && (bytes.readUInt32BE(at) & ~1) >>> 0 === logMagic && sizes.includes(bytes.readUInt32BE(at + 8))) {
    state.frame = frameBytes
    state.size = bytes.readUInt32BE(at + 8)
    return go(logHeaderBytes + frameBytes)
  }
  const tuples = bytes.length - at >= 8192 ? postgresTuples(bytes.subarray(at, at + 8192)) : []
  if (tuples.length > 0) {
    found.postgres += 1
    for (const values of tuples) {
      for (const value of values) writer.text(value)
      writer.endRow()
    }
    return go(8192)
  }
  const first = bytes.length - at >= 100 && bytes.toString('latin1', at, at + 16) === 'SQLite format 3\0'
  if (first) { const size = bytes.readUInt16BE(at + 16); state.size = size === 1 ? largest : size }
  if (first || bytes[at] === 0x0d) {
    const size = pageSize(bytes, at, { first, known: state.size })
    if (size > 0) {
      const records = sqliteRecords(bytes.subarray(at, at + size), first ? 100 : 0, size)
      if (records.length > 0) found.sqlite += 1
      for (const { values } of records) {
        for (const value of values) {
          if (value === null) writer.nothing()
          else if (typeof value === 'string') writer.text(value)
          else writer.bytes(value, 0, value.length)
        }
        writer.endRow()
      }
      if (records.length > 0) return go(size + state.frame)
    }
  }
  return go(state.frame > 0 ? state.size + state.frame : stepBytes)
}

/** The size of the page at `at`: that of the pages before, or the smallest that holds together. */
function pageSize(bytes: Buffer, at: number, { first, known }: { first: boolean; known: number }): number {
  const start = first ? 100 : 0
  const fits = (size: number): boolean => at + size <= bytes.length && sqliteRecords(bytes.subarray(at, at + size), start, size).length > 0
  if (known > 0 && fits(known)) return known
  return first ? 0 : (sizes.find(fits) ?? 0)
}
