/** Changes rows byte by byte, as CSV comes and as it goes: no text is made of a value where that can be avoided, and codes are made by the thousand. */
import type { Among, InventedField } from '../canary/among.ts'
import type { Marker } from '../canary/mark.ts'
import { macUnder } from '../mac.ts'
import type { PlannedColumn } from '../plan.ts'
import type { Pools } from '../synthetic/synthetic.ts'
import { comma, fieldOf, malformed, newline, noField, quote, readRow, valueOf, type Field } from './fields.ts'
import { Piece, pieceBytes } from './piece.ts'
import { quoted, writerOf, type Writer } from './writers.ts'

/** The longest of what stands for a value, an address, with its comma. */
const changedBytesMax = 64

type Emit = (piece: Uint8Array) => void

export interface ByteRows {
  /** Takes bytes of rows; what is ready goes to `emit`. */
  readonly feed: (bytes: Uint8Array, emit: Emit) => void
  /** Throws `Broken` where the last row is cut off within a quote. */
  readonly end: (emit: Emit) => void
}

export interface ByteChanging {
  readonly columns: readonly Pick<PlannedColumn, 'name' | 'transform'>[]
  readonly key: Uint8Array
  /** Whether a row goes along, by the fields after the columns. */
  readonly goes?: ((fields: readonly (string | null)[]) => boolean) | undefined
  /** Fields whose values still say something. */
  readonly telling: readonly number[]
  /** Told of every row that goes: two words of a code, under the key, for its value in each of those. The array is used again. False: no more codes are wanted, and those of later rows are not made. */
  readonly told: (codes: Int32Array) => boolean
  /** Tokens bear it. */
  readonly marker?: Marker | undefined
  /** Invented rows that go along; nobody is told of them. */
  readonly among?: Among | undefined
  /** Of synthetic columns. */
  readonly pools?: Pools | undefined
}

/** Makes the changer of a table. Input and output: CSV (see `readRow`). Throws what `changeOf` throws for a value, `Broken` for what is not CSV. */
export function changeBytes({ columns, key, goes, told, telling, marker, among, pools }: ByteChanging): ByteRows {
  const mac = macUnder(key)
  const piece = new Piece(key, marker)
  const code = coder(Buffer.from(mac('groups'), 'hex'))
  const codes = new Int32Array(2 * telling.length)
  const tellingAt = columns.map((_, index) => telling.indexOf(index))
  const writers = columns.map(({ transform, name }) => writerOf(transform, { piece, mac, column: name, marker, pools }))
  const fields: Field[] = []
  let wanted = true
  const changeRow = (rowBytes: number): void => {
    piece.begin(rowBytes + columns.length * changedBytesMax + 2)
    for (let index = 0; index < columns.length; index += 1) {
      if (index > 0) piece.putByte(comma)
      const from = piece.at
      writers[index]!(fields[index] ?? noField)
      if (wanted && tellingAt[index]! >= 0) code(piece, from, codes, tellingAt[index]!)
    }
    piece.putByte(newline)
    wanted = told(codes)
  }
  let went = 0
  return inPieces((bytes, emit) => {
    let start = 0
    for (let next = readRow(bytes, 0, fields); next >= 0; next = readRow(bytes, start, fields)) {
      if (goes?.(fields.slice(columns.length).map(valueOf)) !== false) {
        while (among !== undefined && among.at === went) writeInvented(piece, writers, among.next())
        changeRow(next - start)
        went += 1
      }
      start = next
      if (piece.at > pieceBytes / 2) emit(piece.take())
    }
    return start
  }, (emit) => { if (piece.at > 0) emit(piece.take()) })
}

/** A row that nobody was read of, through the same hands as the others. */
function writeInvented(piece: Piece, writers: readonly Writer[], row: readonly InventedField[]): void {
  const fields = row.map((one) => ('ready' in one || one.source === null ? undefined : fieldOf(one.source)))
  piece.begin(fields.reduce((bytes, one) => bytes + (one === undefined ? 0 : one.bytes.length), 0) + writers.length * changedBytesMax + 2)
  for (const [index, one] of row.entries()) {
    if (index > 0) piece.putByte(comma)
    if ('ready' in one) piece.putAll(Buffer.from(quoted(one.ready)))
    else writers[index]!(fields[index] ?? noField)
  }
  piece.putByte(newline)
}

const mixed = (word: number, factor: number): number => { const product = Math.imul(word, factor); return product ^ (product >>> 15) }

/** Makes codes of values, however they are quoted: of what the piece holds from `from` on, as number `at` of `codes`. NULL is a value of its own. */
function coder(seeds: Buffer): (piece: Piece, from: number, codes: Int32Array, at: number) => void {
  const [highSeed, lowSeed] = [seeds.readInt32LE(0), seeds.readInt32LE(4)]
  return ({ bytes, at: end }, from, codes, at) => {
    let [high, low, first, last] = [highSeed ^ (end > from ? 1 : 0), lowSeed, from, end]
    if (last > first && bytes[first] === quote) { first += 1; last -= 1 }
    low ^= last - first
    for (; first + 4 <= last; first += 4) { // four at a time: of most values this is all there is
      const word = bytes[first]! | (bytes[first + 1]! << 8) | (bytes[first + 2]! << 16) | (bytes[first + 3]! << 24)
      high = mixed(high ^ word, 0x01000193)
      low = mixed(low + word, 0x5bd1e995)
    }
    for (; first < last; first += 1) {
      high = mixed(high ^ bytes[first]!, 0x01000193)
      low = mixed(low + bytes[first]!, 0x5bd1e995)
    }
    codes[2 * at] = high ^ (low >>> 13)
    codes[2 * at + 1] = low ^ (low >>> 15)
  }
}

/** Gives `rows` the bytes that came, and keeps those that it did not use for the next; one row that comes in many pieces is not read again at each. */
function inPieces(rows: (bytes: Uint8Array, emit: Emit) => number, flush: (emit: Emit) => void): ByteRows {
  let [pieces, bytes, wanted]: [Uint8Array[], number, number] = [[], 0, 0]
  const work = (emit: Emit): void => {
    const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    const rest = Uint8Array.prototype.slice.call(whole, rows(whole, emit))
    pieces = rest.length === 0 ? [] : [rest]
    bytes = rest.length
    wanted = rest.length > pieceBytes ? 2 * rest.length : 0
  }
  const feed = (more: Uint8Array, emit: Emit): void => {
    if (more.length === 0) return
    pieces.push(more)
    bytes += more.length
    if (bytes >= wanted) work(emit)
  }
  return {
    feed,
    end: (emit) => {
      if (bytes > 0) work(emit) // what waited to be read
      wanted = 0
      if (bytes > 0) feed(Uint8Array.of(newline), emit) // the last row needs no line end
      if (bytes > 0) throw malformed()
      flush(emit)
    },
  }
}
