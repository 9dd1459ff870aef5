/**
 * SQL dumps as a stream: the rows of INSERT statements and COPY blocks become parts of their tables, everything else is text, so that
 * nothing of a dump is passed over. Reads what pg_dump, mysqldump, MariaDB, sqlite3 and scripts of other databases write.
 */
import type { PartOrUnread } from '../part.ts'
import { isPlainCopy, needsMore, noRow, skipSpace, writeCopyLine, writeTuple } from './tuple.ts'
import { partsOfPieces, type Piece, type PieceTable } from './pieces.ts'
import { createRowWriter, type RowWriter } from './rows.ts'
import { declaredIn, dialectOf, endOf, headOf, mayHoldRows, outside, readStatement, type Dialect, type Head, type Inside } from './statement.ts'
import { openWindow, windowBytesMax, type Window } from './window.ts'

/** Bytes that come from anywhere; `open` gives them from the start each time. */
export interface ByteSource {
  readonly name: string
  open(): AsyncIterable<Uint8Array>
}

// Rows that are given on together. Bytes.
const flushBytes = 128 * 1024

// The head of a statement: longer ones are text. Bytes.
const headBytesMax = 64 * 1024
const shortHeadBytes = 1024

// A CREATE TABLE statement is looked at for its columns up to this length. Bytes.
const declarationBytesMax = 256 * 1024

interface Table extends PieceTable {
  /** Added to while the table is read. */
  readonly missing: Set<string>
}

interface Dump {
  readonly window: Window
  readonly dialect: Dialect
  readonly tables: Map<string, Table>
  readonly declared: Map<string, readonly string[]>
  /** The same of tables that are declared elsewhere. */
  readonly elsewhere: ReadonlyMap<string, readonly string[]>
  readonly text: Table
  /** The table whose rows are being written. */
  current: Table | undefined
  writer: RowWriter
  ready: Piece[]
}

/** The parts of an SQL dump: one a table, named as the dump names it, and `statements` with everything that is no row. */
export function partsOfDump(source: ByteSource): AsyncGenerator<PartOrUnread> {
  return partsOfPieces(piecesOfDump(source.open()))
}

export interface DumpContext {
  /** The table of COPY lines that stand without their statement. */
  readonly copied?: { readonly table: readonly string[]; readonly columns: readonly string[] | undefined } | undefined
  /** Columns of tables that are declared elsewhere (`columnsDeclared`). */
  readonly declared?: ReadonlyMap<string, readonly string[]>
}

/** The columns that `CREATE TABLE` statements declare, by their table, for a `DumpContext`. */
export function columnsDeclared(statements: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return new Map(statements.flatMap((statement): [string, readonly string[]][] => {
    const declared = declaredBy(Buffer.from(statement))
    return declared === undefined ? [] : [[JSON.stringify(declared.table), declared.columns]]
  }))
}

function declaredBy(bytes: Buffer): ReturnType<typeof declaredIn> {
  return bytes.length > declarationBytesMax ? undefined : declaredIn(bytes.toString('latin1', skipSpace(bytes, 0, bytes.length)))
}

/** The rows and statements of a dump as they come. */
export async function* piecesOfDump(bytes: AsyncIterable<Uint8Array>, context: DumpContext = {}): AsyncGenerator<Piece> {
  const last = { bytes: Buffer.alloc(0) }
  const window = openWindow(remembering(bytes, last))
  try {
    while (window.bytes.length < headBytesMax && await window.more());
    if (window.bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) window.at = 3
    const beginning = window.bytes.toString('latin1', 0, headBytesMax)
    const missing = new Set<string>()
    const text: Table = { name: 'statements', kind: 'statements of an SQL dump', shape: 'text', missing, partly: () => [...missing] }
    const dump: Dump = { window, dialect: dialectOf(window.bytes), tables: new Map(), declared: new Map(), elsewhere: context.declared ?? new Map(), text, current: undefined, writer: createRowWriter(), ready: [] }
    if (context.copied !== undefined) yield* copyLines(dump, { kind: 'copy', ...context.copied, length: 0, options: '' })
    while (await ahead(window, shortHeadBytes)) {
      yield* statement(dump)
      if (dump.writer.ready > flushBytes) flush(dump)
      if (dump.ready.length > 0) yield* given(dump)
    }
    flush(dump)
    const end = context.copied === undefined ? endOf(beginning) : undefined
    if (end !== undefined && !end.test(last.bytes.toString('latin1'))) {
      text.missing.add('the dump does not end as the program that wrote it ends one: it is cut short, or was broken off')
      dump.ready.push({ table: text, bytes: Buffer.from('\n') }) // a part that is still to come says so
    }
    yield* given(dump)
  } finally {
    await window.close()
  }
}

// The last words of a dump, with what shells write behind them. Bytes.
const endBytes = 1024

/** Passes bytes on, and keeps the last ones. */
async function* remembering(bytes: AsyncIterable<Uint8Array>, last: { bytes: Buffer }): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    if (piece.length >= endBytes) last.bytes = Buffer.from(piece.subarray(-endBytes))
    else last.bytes = Buffer.concat([last.bytes, piece]).subarray(-endBytes)
    yield piece
  }
}

/** Makes sure that so many bytes are held, or all that there are; false at the end. */
async function ahead(window: Window, bytes: number): Promise<boolean> {
  while (window.bytes.length - window.at < bytes && await window.more());
  return window.at < window.bytes.length
}

function given(dump: Dump): readonly Piece[] {
  const { ready } = dump
  dump.ready = []
  return ready
}

function flush(dump: Dump): void {
  if (dump.current !== undefined && dump.writer.ready > 0) dump.ready.push({ table: dump.current, bytes: dump.writer.take() })
}

async function* statement(dump: Dump): AsyncGenerator<Piece> {
  const { window } = dump
  const start = skipSpace(window.bytes, window.at, window.bytes.length)
  if (start < window.bytes.length) {
    const shell = /^(?:\\[^\n]*(?:\n|$)|delimiter[ \t]+(\S+)[ \t]*\r?(?:\n|$))/i.exec(window.bytes.toString('latin1', start, start + shortHeadBytes))
    if (shell !== null) {
      if (shell[1] !== undefined) dump.dialect.delimiter = shell[1]
      return say(dump, start + shell[0].length)
    }
    if (mayHoldRows(window.bytes, start)) {
      const head = await headAt(dump, start)
      if (head !== undefined) {
        const offset = skipSpace(window.bytes, window.at, window.bytes.length)
        if (offset > window.at) say(dump, offset)
        window.at = offset + head.length
        return yield* head.kind === 'copy' ? copyLines(dump, head) : tuples(dump, head)
      }
    }
  }
  yield* plainStatement(dump)
}

async function headAt(dump: Dump, start: number): Promise<Head | undefined> {
  const { window } = dump
  const short = headOf(window.bytes.toString('latin1', start, start + shortHeadBytes))
  if (short !== undefined) return short
  await ahead(window, start - window.at + headBytesMax)
  const from = skipSpace(window.bytes, window.at, window.bytes.length)
  if (!/^(?:insert|replace|copy)\s/i.test(window.bytes.toString('latin1', from, from + 8))) return undefined
  return headOf(window.bytes.toString('latin1', from, from + headBytesMax))
}

/** Gives the bytes up to `to` on as text. */
function say(dump: Dump, to: number): void {
  const { window, text } = dump
  const said = window.bytes.subarray(window.at, to)
  if (said.some((byte) => byte > 0x20)) dump.ready.push({ table: text, bytes: Buffer.from(said) })
  window.at = to
}

async function* plainStatement(dump: Dump): AsyncGenerator<Piece> {
  const { window, dialect } = dump
  let inside: Inside = outside
  let whole = true
  for (;;) {
    const read = readStatement(window.bytes, window.at, { dialect, inside, ended: window.ended })
    if (read.done) {
      if (whole) learn(dump, window.bytes.subarray(window.at, read.to))
      return say(dump, Math.max(read.to, Math.min(window.at + 1, window.bytes.length)))
    }
    if (window.bytes.length - window.at > declarationBytesMax) {
      whole = false
      inside = read.inside
      say(dump, Math.max(window.at, read.to))
      yield* given(dump)
    }
    if (!await window.more() && !window.ended) return
  }
}

/** What a statement tells about the rest of the dump: the columns of a table, and how literals are written. */
function learn(dump: Dump, bytes: Buffer): void {
  if (bytes.length > declarationBytesMax) return
  const text = bytes.toString('latin1', skipSpace(bytes, 0, bytes.length))
  const declared = declaredBy(bytes)
  if (declared !== undefined) dump.declared.set(JSON.stringify(declared.table), declared.columns)
  const setting = /^set\s+standard_conforming_strings\s*=\s*'?(on|off)/i.exec(text)
  if (setting !== null) dump.dialect.escaped = setting[1]!.toLowerCase() === 'off'
  const encoding = /^(?:set\s+client_encoding\s*(?:=|to)\s*'?([\w-]+)|(?:\/\*!\d+\s+)?set\s+names\s+'?(\w+))/i.exec(text)
  const name = (encoding?.[1] ?? encoding?.[2] ?? 'utf8').toLowerCase()
  if (!/^(?:utf-?8(?:mb[34])?|unicode|sql_ascii|latin1|win1252|binary|iso-?8859-?1|sqlascii|default)$/.test(name)) dump.text.missing.add(`its text is in the encoding ${name}: letters beyond ASCII are read as windows-1252`)
}

const printName = (names: readonly string[]): string => names.map((name) => (/[."\p{Cc}]/u.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join('.')

function tableOf(dump: Dump, head: Head): Table {
  const name = JSON.stringify(head.table)
  const columns = head.columns ?? dump.declared.get(name) ?? dump.elsewhere.get(name)
  const key = JSON.stringify([head.table, columns])
  const known = dump.tables.get(key)
  if (known !== undefined) return known
  const missing = new Set<string>()
  const table: Table = { name: printName(head.table), kind: 'table of an SQL dump', shape: 'rows', columns, missing, partly: () => [...missing, ...dump.text.missing] }
  dump.tables.set(key, table)
  return table
}

function begin(dump: Dump, head: Head): Table {
  const table = tableOf(dump, head)
  if (dump.current === table) return table
  flush(dump)
  const binary: Table = binaryOf(dump, head)
  dump.current = table
  dump.writer = createRowWriter((value) => dump.ready.push({ table: binary, bytes: Buffer.concat([value, Buffer.from('\n')]) }))
  return table
}

function binaryOf(dump: Dump, head: Head): Table {
  const key = JSON.stringify(['binary', head.table])
  const known = dump.tables.get(key)
  if (known !== undefined) return known
  const missing = new Set<string>()
  const table: Table = { name: `${printName(head.table)} binary values`, kind: 'binary values of an SQL dump', shape: 'bytes', missing, partly: () => [...missing] }
  dump.tables.set(key, table)
  return table
}

async function* tuples(dump: Dump, head: Head): AsyncGenerator<Piece> {
  const { window, dialect } = dump
  const table = begin(dump, head)
  for (;;) {
    const { bytes } = window
    const options = { end: bytes.length, escaped: dialect.escaped, tooFar: () => { table.missing.add('an expression makes more of its texts than stands in it: they were read as they stand') } }
    const start = skipSpace(bytes, window.at, bytes.length)
    const end = start < bytes.length && bytes[start] === 0x28 ? writeTuple(bytes, start, dump.writer, options) : start < bytes.length ? noRow : needsMore
    const next = end >= 0 ? skipSpace(bytes, end, bytes.length) : end
    if (end === noRow || (next >= bytes.length && window.ended && end >= 0)) {
      if (end >= 0) {
        window.at = bytes.length
        table.missing.add('the dump ends before the end of this statement')
      } else table.missing.add('a row is no list of values: it was read as text')
      return
    }
    if (end === needsMore) {
      if (await window.more()) continue
      table.missing.add(window.ended ? 'the dump ends inside a row, which was read as text' : `a row is longer than ${windowBytesMax} bytes: it was read as text`)
      return
    }
    window.at = next < bytes.length && bytes[next] === 0x2c ? next + 1 : end
    if (dump.writer.ready > flushBytes) flush(dump)
    if (dump.ready.length > 0) yield* given(dump)
    if (next >= bytes.length) await window.more()
    const behind = skipSpace(window.bytes, window.at, window.bytes.length)
    if (window.bytes[window.at - 1] === 0x2c) continue
    if (window.bytes[behind] === 0x2c) { window.at = behind + 1; continue }
    if (window.bytes[behind] === 0x3b) window.at = behind + 1
    return
  }
}

async function* copyLines(dump: Dump, head: Head): AsyncGenerator<Piece> {
  const { window } = dump
  const table = begin(dump, head)
  if (/\b(?:csv|delimiter|binary)\b/i.test(head.options)) table.missing.add('its lines are in another format of COPY: they were read as they stand')
  for (;;) {
    const { bytes } = window
    const last = bytes.lastIndexOf(0x0a)
    const lines = window.ended ? bytes.length : last + 1
    const stop = window.at < lines ? endOfCopy(bytes, window.at, lines) : -1
    const to = stop < 0 ? lines : stop
    if (to > window.at) {
      writeLines(dump, table, to)
      yield* given(dump)
    }
    if (stop >= 0) {
      const line = bytes.indexOf(0x0a, stop)
      window.at = line < 0 ? bytes.length : line + 1
      return
    }
    if (window.at >= bytes.length && window.ended) {
      table.missing.add('the dump ends among its rows: the line that ends them is missing')
      return
    }
    if (!await window.more() && !window.ended) {
      table.missing.add(`a row is longer than ${windowBytesMax} bytes: it was read as text`)
      return
    }
  }
}

/** Where the line `\.` starts, which ends a COPY block; -1 when it is not among these bytes. */
function endOfCopy(bytes: Buffer, from: number, to: number): number {
  for (let at = bytes.indexOf('\\.', from); at >= 0 && at < to; at = bytes.indexOf('\\.', at + 2)) {
    const before = at === from || bytes[at - 1] === 0x0a
    const behind = bytes[at + 2]
    if (before && (behind === undefined || behind === 0x0a || behind === 0x0d)) return at
  }
  return -1
}

function writeLines(dump: Dump, table: Table, to: number): void {
  const { window, writer } = dump
  const { bytes } = window
  if (isPlainCopy(bytes, window.at, to)) {
    flush(dump)
    dump.ready.push({ table, bytes: Buffer.from(bytes.subarray(window.at, to)) })
    window.at = to
    return
  }
  while (window.at < to) {
    const next = bytes.indexOf(0x0a, window.at)
    const end = next < 0 || next > to ? to : next
    writeCopyLine(bytes, window.at, end > window.at && bytes[end - 1] === 0x0d ? end - 1 : end, writer)
    window.at = Math.min(end + 1, to)
    if (writer.ready > flushBytes) flush(dump)
  }
  flush(dump)
}
