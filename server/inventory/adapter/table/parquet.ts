/**
 * Parquet files through DuckDB: it decodes and prints, two thousand rows come over as one value. The rows that need no quoting, which
 * are nearly all, are joined without looking at them; what is wrong then shows in the number of separators, and is printed again.
 */
import { stat } from 'node:fs/promises'
import type { DuckDBBlobVector, DuckDBConnection } from '@duckdb/node-api'
import { Broken } from '#kit/errors'
import type { PartOrUnread } from '../part.ts'
import { lease, type Lease } from './instances.ts'
import { columnsOfTypes, quotedText, type ParquetColumn } from './parquetColumns.ts'
import type { FileInput } from './sqlite.ts'

export interface ParquetOptions {
  /** Row groups `from` (included) to `to` (not included); all of them when absent. */
  readonly rowGroups?: { readonly from: number; readonly to: number } | undefined
  /**
   * Whether one of these texts could be looked for, alone or with others of its row; must never deny it wrongly. A column of which all
   * values, or all forms of its values, are denied is left out of the rows.
   */
  readonly mayMatch?: ((texts: readonly string[]) => boolean) | undefined
  /** The rows as they stand in the file, which takes longer; in any order when absent. */
  readonly inOrder?: boolean | undefined
  /** Threads of DuckDB; when absent 2, and 1 for a small file. */
  readonly threads?: number | undefined
  /** Where DuckDB may write what does not fit into memory; nowhere when absent. */
  readonly scratch?: string | undefined
}

/** Bytes of a file that several threads read no sooner than one: to wake them costs more. */
const smallBytesMax = 1024 * 1024
/** Bytes that DuckDB may hold: two slices of rows in every form they pass through. */
const memoryBytes = 1024 ** 3
/** Rows printed by one query: two row groups as most writers make them, one for each thread. Bounds what is held, together with `sliceBytesMax`. */
const sliceRows = 262_144
/** Uncompressed bytes of a slice. */
const sliceBytesMax = 64 * 1024 * 1024
/** Rows that come over as one value. */
const blockRows = 2048
/** A column with more distinct values is not looked at as a whole. */
const distinctMax = 10_000

interface Range { readonly from: number; readonly to: number }

interface Reading {
  readonly connection: DuckDBConnection
  readonly options: ParquetOptions
  readonly path: string
  /** The file as SQL: a path of which no character is a pattern. */
  readonly file: string
  readonly kept: readonly ParquetColumn[]
  readonly plain: boolean
  readonly inOrder: boolean
}

/** The rows of each row group, and its uncompressed bytes. Throws what DuckDB throws. */
export async function rowGroupsOf(file: string): Promise<{ rows: number; bytes: number }[]> {
  return withConnection(file, {}, (connection) => groupsOf(connection, literalPath(file)))
}

/** The parts of a Parquet file: its rows, binary values that are no text, and its metadata. An encrypted or damaged file is an unread part. */
export async function* partsOfParquet(input: FileInput, options: ParquetOptions = {}): AsyncGenerator<PartOrUnread> {
  const leased = await leaseFor(input.file, options)
  const { connection } = leased
  const failing = (cause: unknown): string => {
    if (!isOrdinary(cause)) leased.spoil()
    return unreadable(cause)
  }
  try {
    const file = literalPath(input.file)
    let ranges: Range[]
    let columns: ParquetColumn[]
    let metadata: string
    let kept: readonly ParquetColumn[]
    let plain: boolean
    try {
      ranges = rangesOf(await groupsOf(connection, file), options.rowGroups)
      columns = await columnsOf(connection, file)
      metadata = await metadataOf(connection, file)
      kept = await pruned({ connection, file, columns, ranges }, options.mayMatch)
      // Few rows are printed with quotes where they need them as fast as it is found out whether they do.
      plain = (ranges.at(-1)?.to ?? 0) > blockRows && await isPlain(connection, file, kept)
    } catch (cause) {
      yield { name: '', because: failing(cause) }
      return
    }
    yield { name: '', kind: 'Parquet', shape: 'rows', delimiter: '\t', columns: kept.map(({ name }) => name), bytes: whole(rows({ connection, options, path: input.file, file, kept, plain, inOrder: options.inOrder === true }, ranges), failing), partly: () => [] }
    const binary = columns.filter(({ type }) => type === 'binary')
    if (binary.length > 0) yield { name: 'binary values', kind: 'binary values of a Parquet file', shape: 'bytes', delimiter: '\t', bytes: whole(binaries(connection, file, { binary, ranges }), failing), partly: () => [] }
    if (metadata !== '' && (options.rowGroups?.from ?? 0) === 0) yield { name: 'metadata', kind: 'metadata of a Parquet file', shape: 'text', delimiter: '\t', bytes: once(metadata), partly: () => [] }
  } finally {
    leased.end()
  }
}

/** Throws `Broken` where DuckDB cannot read on: half read is not read. */
async function* whole(bytes: AsyncGenerator<Uint8Array>, failing: (cause: unknown) => string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (cause) {
    throw new Broken('inventory/table-unreadable', `a Parquet file is damaged, or one of its rows is too large to hold: ${failing(cause)}`)
  }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function withConnection<T>(file: string, options: ParquetOptions, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const leased = await leaseFor(file, options)
  try {
    return await work(leased.connection)
  } catch (cause) {
    if (!isOrdinary(cause)) leased.spoil()
    throw cause
  } finally {
    leased.end()
  }
}

async function leaseFor(file: string, { threads, scratch }: ParquetOptions): Promise<Lease> {
  const usual = (await stat(file)).size <= smallBytesMax ? 1 : 2
  return lease({ threads: threads ?? usual, memoryBytes, scratch: scratch ?? '' })
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
/** DuckDB takes a path for a pattern: each of its signs in brackets means itself. */
const literalPath = (file: string): string => literal(file.replaceAll(/[*?[]/g, '[$&]'))

/** What DuckDB says of a file that is not as it should be. Whatever else it says may be about itself: the instance is not to be used again. */
const isOrdinary = (cause: unknown): boolean => cause instanceof Error && /^(Invalid Input|IO|Not implemented|Serialization) Error/.test(cause.message)

// DuckDB's own sentences name the file: only their kind is passed on.
function unreadable(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : ''
  return /encrypt/i.test(message) ? 'an encrypted Parquet file' : `a Parquet file that DuckDB cannot read (${/^[A-Z]\w*(?: \w+)? Error/.exec(message)?.[0] ?? 'no reason given'})`
}

async function query(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRows() as unknown[][]
}

async function groupsOf(connection: DuckDBConnection, file: string): Promise<{ rows: number; bytes: number }[]> {
  const found = await query(connection, `select any_value(row_group_num_rows), sum(total_uncompressed_size) from parquet_metadata(${file}) group by row_group_id order by row_group_id`)
  return found.map(([rows, bytes]) => ({ rows: Number(rows), bytes: Number(bytes) }))
}

async function columnsOf(connection: DuckDBConnection, file: string): Promise<ParquetColumn[]> {
  const result = await connection.run(`select * from read_parquet(${file}) limit 0`)
  const columns = columnsOfTypes(result.columnNames(), result.columnTypes())
  return [...columns.filter(({ type }) => type !== 'list'), ...columns.filter(({ type }) => type === 'list')]
}

async function metadataOf(connection: DuckDBConnection, file: string): Promise<string> {
  const found = await query(connection, `select coalesce(try(decode(key)), ''), coalesce(try(decode(value)), '') from parquet_kv_metadata(${file})`)
  return found.map(([key, value]) => `${key}\n${value}\n`).join('')
}

/** Slices of rows that end at row groups and hold little enough. */
function rangesOf(groups: readonly { rows: number; bytes: number }[], wanted: ParquetOptions['rowGroups']): Range[] {
  const ranges: { from: number; to: number; bytes: number }[] = []
  let row = 0
  for (const [index, group] of groups.entries()) {
    const from = row
    row += group.rows
    if (wanted !== undefined && (index < wanted.from || index >= wanted.to)) continue
    const pieces = Math.max(1, Math.ceil(group.bytes / sliceBytesMax), Math.ceil(group.rows / sliceRows))
    const step = Math.max(blockRows, Math.ceil(group.rows / pieces))
    for (let start = from; start < row; start += step) {
      const piece = { from: start, to: Math.min(start + step, row), bytes: group.bytes / pieces }
      const last = ranges.at(-1)
      if (last !== undefined && last.to === start && last.bytes + piece.bytes <= sliceBytesMax && piece.to - last.from <= sliceRows) ranges[ranges.length - 1] = { from: last.from, to: piece.to, bytes: last.bytes + piece.bytes }
      else ranges.push(piece)
    }
  }
  return ranges
}

const within = ({ from, to }: Range): string => `file_row_number >= ${from} and file_row_number < ${to}`
const numbered = (file: string): string => `read_parquet(${file}, file_row_number = true)`

interface Pruning {
  readonly connection: DuckDBConnection
  readonly file: string
  readonly columns: readonly ParquetColumn[]
  readonly ranges: readonly Range[]
}

/** The columns that could hold what is looked for; never none. */
async function pruned({ connection, file, columns, ranges }: Pruning, mayMatch: ParquetOptions['mayMatch']): Promise<readonly ParquetColumn[]> {
  const first = ranges[0]
  const last = ranges.at(-1)
  if (mayMatch === undefined || first === undefined || last === undefined) return columns
  const possible = columns.filter(({ forms }) => forms === undefined || mayMatch(forms))
  if (possible.length === 0) return columns.slice(0, 1)
  const [counts = []] = await query(connection, `select ${possible.map(({ text }) => `approx_count_distinct(${text})`).join(', ')} from (select * from ${numbered(file)} where ${within(first)} limit ${sliceRows / 16})`)
  const kept: ParquetColumn[] = []
  for (const [at, column] of possible.entries()) {
    const few = column.type !== 'list' && column.type !== 'binary' && Number(counts[at]) < distinctMax / 2
    const texts = few ? await query(connection, `select distinct ${column.text} from ${numbered(file)} where ${within({ from: first.from, to: last.to })} limit ${distinctMax + 1}`) : []
    const known = texts.flatMap(([text]) => (typeof text === 'string' ? [text] : []))
    if (!few || texts.length > distinctMax || mayMatch(known)) kept.push(column)
  }
  return kept.length === 0 ? columns.slice(0, 1) : kept
}

/** Whether the first rows need no quotes: then none are looked for, until a block says otherwise. */
async function isPlain(connection: DuckDBConnection, file: string, columns: readonly ParquetColumn[]): Promise<boolean> {
  if (columns.some(({ type }) => type === 'list') || columns.length === 1) return false
  const texts = columns.filter(({ type }) => type === 'text' || type === 'binary').map(({ text }) => `coalesce(${text} <> ${quotedText(text)}, false)`)
  if (texts.length === 0) return true
  const [[odd] = []] = await query(connection, `select coalesce(bool_or(${texts.join(' or ')}), false) from (select * from read_parquet(${file}) limit ${blockRows})`)
  return odd === false
}

function rowText(columns: readonly ParquetColumn[], plain: boolean): string {
  const fields = columns.map(({ text, type }) => (plain || (type !== 'text' && type !== 'binary') ? text : quotedText(text)))
  if (fields.length === 1) return `case when coalesce(${fields[0]}, '') = '' then '""' else ${fields[0]} end`
  return `concat(${fields.join(', chr(9), ')})`
}

async function* rows({ connection, options, path, file, kept, plain, inOrder }: Reading, ranges: readonly Range[]): AsyncGenerator<Uint8Array> {
  const select = (range: Range, fast: boolean): string =>
    `select file_row_number // ${blockRows}, count(*), encode(concat(string_agg(${rowText(kept, fast)}, chr(10)${inOrder ? ' order by file_row_number' : ''}), chr(10))) from ${numbered(file)} where ${within(range)} group by 1${inOrder ? ' order by 1' : ''}`
  const second = ranges.length > 1 ? await leaseFor(path, options) : undefined
  const sliceOf = (range: Range, number: number): Promise<AsyncGenerator<Block>> => begun(blocks(number % 2 === 1 && second !== undefined ? second.connection : connection, select(range, plain)))
  try {
    for await (const { slice, range } of ahead(ranges, sliceOf)) {
      for await (const block of slice) {
        if (!plain || isRegular(block.bytes, block.rows * kept.length)) { yield block.bytes; continue }
        const exact = { from: Math.max(range.from, block.number * blockRows), to: Math.min(range.to, (block.number + 1) * blockRows) }
        const again = await withConnection(path, {}, async (other) => collect(blocks(other, select(exact, false))))
        for (const { bytes } of again) yield bytes
      }
    }
  } finally {
    second?.end()
  }
}

/** DuckDB prints a slice whole before it gives the first block: the next one is printed while this one is taken. */
async function* ahead<Slice>(ranges: readonly Range[], sliceOf: (range: Range, number: number) => Promise<Slice>): AsyncGenerator<{ readonly slice: Slice; readonly range: Range }> {
  let next: Promise<Slice> | undefined
  try {
    for (const [number, range] of ranges.entries()) {
      const slice = await (next ?? sliceOf(range, number))
      const after = ranges[number + 1]
      next = after === undefined ? undefined : sliceOf(after, number + 1)
      next?.catch(() => undefined) // met at its turn, or never asked for
      yield { slice, range }
    }
  } finally {
    await next?.catch(() => undefined) // its connection is not ended under it
  }
}

/** A stream of which the first item is there already. */
async function begun<Item>(items: AsyncGenerator<Item>): Promise<AsyncGenerator<Item>> {
  const first = await items.next()
  return (async function* () {
    if (first.done === true) return
    yield first.value
    yield* items
  })()
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

interface Block { readonly number: number; readonly rows: number; readonly bytes: Uint8Array }

async function* blocks(connection: DuckDBConnection, sql: string): AsyncGenerator<Block> {
  const result = await connection.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const [numbers, counts] = [0, 1].map((column) => chunk!.getColumnVector(column))
    const values = chunk.getColumnVector(2) as DuckDBBlobVector
    for (let row = 0; row < chunk.rowCount; row += 1) yield { number: Number(numbers!.getItem(row)), rows: Number(counts!.getItem(row)), bytes: values.getItemBytes(row)! }
  }
}

const quote = 0x22

/** Whether the separators are all that stands below a space, and no quote is there: one behind each field. What else stands there, a tab of somebody's, would be one too many. */
function isRegular(bytes: Uint8Array, separators: number): boolean {
  return !bytes.includes(quote) && belowSpace(bytes) === separators
}

/** How many bytes are less than a space. Four at a time: `x + 0x60` carries into the upper bit of a byte from a space on, and that bit stands there for what is not ASCII. */
function belowSpace(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2)
  let found = 0
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!
    const below = ~(((word & 0x7f7f7f7f) + 0x60606060) | word) & 0x80808080
    found += Math.imul(below >>> 7, 0x01010101) >>> 24
  }
  for (let at = words.length * 4; at < aligned.length; at += 1) if (aligned[at]! < 0x20) found += 1
  return found
}

async function* binaries(connection: DuckDBConnection, file: string, { binary, ranges }: { binary: readonly ParquetColumn[]; ranges: readonly Range[] }): AsyncGenerator<Uint8Array> {
  for (const range of ranges) {
    for (const { value } of binary) {
      const result = await connection.stream(`select ${value} from ${numbered(file)} where ${within(range)} and ${value} is not null and try(decode(${value})) is null`)
      for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        const values = chunk.getColumnVector(0)
        for (let row = 0; row < chunk.rowCount; row += 1) yield Buffer.concat([(values.getItem(row) as unknown as { bytes: Uint8Array }).bytes, Buffer.from('\n')])
      }
    }
  }
}
