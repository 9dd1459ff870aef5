/** Texts of rows, with some of their rows left out: every other byte as it was. Pure. */
import { Broken } from '#kit/errors'

type Bytes = AsyncIterable<Uint8Array>

/** Where rows begin and end, in bytes. */
export interface Spans { readonly starts: Float64Array; readonly ends: Float64Array }

/** The bytes without those of the spans. */
export async function* withoutSpans(bytes: Bytes, { starts, ends }: Spans): AsyncGenerator<Uint8Array> {
  let offset = 0
  let next = 0
  for await (const chunk of bytes) {
    let from = 0
    for (; next < starts.length && (starts[next] ?? 0) < offset + chunk.length; next += 1) {
      yield chunk.subarray(from, Math.max(from, (starts[next] ?? 0) - offset))
      from = Math.min(chunk.length, (ends[next] ?? 0) - offset)
      if ((ends[next] ?? 0) > offset + chunk.length) break // the row goes on in the next chunk
    }
    yield chunk.subarray(from)
    offset += chunk.length
  }
}

const newline = 0x0a
/** One row of JSON held whole; a longer one is no record of a person. */
const rowBytesMax = 16 * 1024 * 1024
const tooLong = (): Broken => new Broken('inventory/rows-broken', `a row is longer than ${rowBytesMax} bytes`)

/** Whole lines with their ends; the last may have none. */
async function* linesOf(bytes: Bytes): AsyncGenerator<Buffer> {
  let tail: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytes) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...tail, chunk.subarray(start, end + 1)])
      ;[tail, length, start] = [[], 0, end + 1]
    }
    tail.push(chunk.slice(start))
    length += chunk.length - start
    if (length > rowBytesMax) throw tooLong()
  }
  if (length > 0) yield Buffer.concat(tail)
}

/** JSON lines without those of these numbers; lines that hold nothing have none, and stay. Throws `Broken` where there are not as many as were read. */
export async function* withoutLines(bytes: Bytes, numbers: ReadonlySet<number>, rowsRead: number): AsyncGenerator<Uint8Array> {
  let number = 0
  for await (const line of linesOf(bytes)) {
    if (line.toString().replace(/^\uFEFF/, '').trim() === '') yield line
    else if (!numbers.has(number++)) yield line
  }
  mustBe(number, rowsRead)
}

function mustBe(rows: number, rowsRead: number): void {
  if (rows !== rowsRead) throw new Broken('erasure/count-differs', `${rowsRead} rows were read and ${rows} stand there; nothing was changed`)
}

/** An element of the list that a JSON document is, with what stands between it and the one before; without an element, what stands behind the last. */
interface Element { readonly before: Buffer; readonly element?: Buffer }

const [quote, backslash, comma, open, close] = [0x22, 0x5c, 0x2c, new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])]
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

/** Throws `Broken` for a document that is no list, or does not end. */
export async function* elementsOf(bytes: Bytes): AsyncGenerator<Element> {
  let [depth, text, escaped, ended] = [0, false, false, false]
  let before: Uint8Array[] = []
  let element: Uint8Array[] = []
  let inside = false
  let length = 0
  const notAList = (): Broken => new Broken('inventory/rows-broken', 'the document is no list of JSON')
  for await (const given of bytes) {
    const chunk = Buffer.from(given) // may be used again by whoever gave it
    let start = 0
    const cut = (to: number): void => { (inside ? element : before).push(chunk.subarray(start, to)); start = to }
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!
      if (text) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) text = false
        continue
      }
      if (depth === 0) {
        if (byte === 0x5b && !ended) depth = 1
        else if (!isBlank(byte) && !(byte === 0xef || byte === 0xbb || byte === 0xbf)) throw notAList()
        continue
      }
      if (depth === 1 && !inside && !isBlank(byte) && byte !== comma && byte !== 0x5d) { cut(at); inside = true }
      if (byte === quote) text = true
      else if (depth === 1 && inside && (byte === comma || byte === 0x5d)) {
        cut(at)
        yield { before: Buffer.concat(before), element: Buffer.concat(element) }
        ;[before, element, inside, length] = [[], [], false, 0]
      }
      if (open.has(byte)) depth += 1
      else if (close.has(byte)) { depth -= 1; ended = depth === 0 }
    }
    cut(chunk.length)
    length += chunk.length
    if (length > rowBytesMax) throw tooLong()
  }
  if (!ended) throw notAList()
  yield { before: Buffer.concat(before) }
}

/** Each element as a line of JSON: a line end outside a text is a blank, and inside one there is none. */
export async function* linesOfElements(bytes: Bytes): AsyncGenerator<Uint8Array> {
  for await (const { element } of elementsOf(bytes)) if (element !== undefined) yield Buffer.concat([element.map((byte) => (byte === newline || byte === 0x0d ? 0x20 : byte)), Buffer.of(newline)])
}

/** The list without the elements of these numbers. Throws `Broken` where there are not as many as were read. */
export async function* withoutElements(bytes: Bytes, numbers: ReadonlySet<number>, rowsRead: number): AsyncGenerator<Uint8Array> {
  let [number, kept] = [0, 0]
  for await (const { before, element } of elementsOf(bytes)) {
    if (element === undefined) { mustBe(number, rowsRead); yield before; return }
    if (number === 0) yield before // with what opens the list
    if (!numbers.has(number++)) {
      if (kept > 0) yield before
      yield element
      kept += 1
    }
  }
}
