/**
 * One page of an SQLite file by itself (https://sqlite.org/fileformat2.html, 1.6 and 2.1): the records of a table leaf, from its
 * cell pointers and from what deletion left in its free space. No schema is needed: each record says the types of its values.
 */
export type PageValue = string | Uint8Array | null

export interface PageRecord {
  readonly values: readonly PageValue[]
}

const leafTable = 0x0d
const cellsMax = 8192
const valuesMax = 2000

/** The records of a page; none when the bytes are no table leaf. `start` is where its header stands: 100 on the first page of a file. */
export function sqliteRecords(page: Uint8Array, start: number, usable: number): PageRecord[] {
  if (page[start] !== leafTable) return []
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
  const cells = view.getUint16(start + 3)
  const content = view.getUint16(start + 5) || 65_536
  if (cells > cellsMax || content > usable || start + 8 + cells * 2 > content) return []
  const records: PageRecord[] = []
  const known = new Set<number>()
  for (let cell = 0; cell < cells; cell += 1) {
    const at = view.getUint16(start + 8 + cell * 2)
    if (at < content || at >= usable) return []
    const record = cellAt(page, at, usable)
    if (record === undefined) continue
    known.add(at)
    records.push({ values: record.values })
  }
  return cells > 0 && records.length === 0 ? [] : [...records, ...freed(page, { start: start + 8 + cells * 2, content, usable, view, first: view.getUint16(start + 1) })]
}

interface Free { readonly start: number; readonly content: number; readonly usable: number; readonly view: DataView; readonly first: number }

/** Cells that a deletion left: in freeblocks their first four bytes are gone, in the gap before the content they are whole. */
function freed(page: Uint8Array, { start, content, usable, view, first }: Free): PageRecord[] {
  const records: PageRecord[] = []
  for (let at = start; at < content - 4; at += 1) {
    if (page[at] === 0) continue
    const found = cellAt(page, at, usable)
    if (found === undefined || found.values.length < 2 || found.to > usable) continue
    records.push({ values: found.values })
    at = found.to - 1
  }
  let block = first
  for (let blocks = 0; block >= content && block + 4 <= usable && blocks < cellsMax; blocks += 1) {
    const size = view.getUint16(block + 2)
    const next = view.getUint16(block)
    records.push(...texts(page, block + 4, Math.min(block + size, usable)))
    if (next <= block) break
    block = next
  }
  return records
}

/** A freeblock's header of types is damaged: what is text in it, each run of it a value. */
function texts(page: Uint8Array, from: number, to: number): PageRecord[] {
  const runs = Buffer.from(page.subarray(from, Math.max(from, to))).toString('latin1').split(/[\x00-\x1f]+/).filter((run) => run.length >= 4)
  return runs.length === 0 ? [] : [{ values: runs.map((run) => Buffer.from(run, 'latin1')) }]
}

interface Varint { readonly value: number; readonly to: number }

function varint(page: Uint8Array, at: number): Varint | undefined {
  let value = 0
  for (let i = 0; i < 9; i += 1) {
    const byte = page[at + i]
    if (byte === undefined) return undefined
    if (i === 8) return { value: value * 256 + byte, to: at + 9 }
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, to: at + i + 1 }
  }
  return undefined
}

/** The cell at a place: its record, as far as it lies on this page. Undefined when the bytes are none. */
function cellAt(page: Uint8Array, at: number, usable: number): { values: PageValue[]; to: number } | undefined {
  const payload = varint(page, at)
  const rowid = payload === undefined ? undefined : varint(page, payload.to)
  if (payload === undefined || rowid === undefined || payload.value < 2 || payload.value > 0x7fffffff) return undefined
  const local = localBytes(payload.value, usable)
  const end = Math.min(rowid.to + local, usable)
  const header = varint(page, rowid.to)
  if (header === undefined || header.value < 2 || rowid.to + header.value > end) return undefined
  const types: number[] = []
  for (let next = header.to; next < rowid.to + header.value;) {
    const type = varint(page, next)
    if (type === undefined || type.value === 10 || type.value === 11 || types.length >= valuesMax) return undefined
    types.push(type.value)
    next = type.to
  }
  const sizes = types.map(sizeOf)
  if (types.length === 0 || header.value + sizes.reduce((sum, size) => sum + size, 0) !== payload.value) return undefined
  let from = rowid.to + header.value
  // A rowid alias is NULL in its record: the key is the value.
  const values: PageValue[] = types.map((type, index) => {
    const bytes = page.subarray(from, Math.min(from + sizes[index]!, end))
    from += sizes[index]!
    return index === 0 && type === 0 ? String(rowid.value) : valueOf(type, bytes)
  })
  return { values, to: end + (local < payload.value ? 4 : 0) }
}

/** How much of a payload stands on the page itself; the rest is on overflow pages. */
function localBytes(payload: number, usable: number): number {
  const most = usable - 35
  if (payload <= most) return payload
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const rest = least + ((payload - least) % (usable - 4))
  return rest <= most ? rest : least
}

const fixed = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0] as const
const sizeOf = (type: number): number => (type < 10 ? fixed[type]! : Math.floor((type - 12) / 2))

function valueOf(type: number, bytes: Uint8Array): PageValue {
  if (type === 0) return null
  if (type === 8 || type === 9) return String(type - 8)
  if (type === 7) return bytes.length < 8 ? null : String(new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0))
  if (type < 7) {
    let value = BigInt.asIntN(8, BigInt(bytes[0] ?? 0))
    for (const byte of bytes.subarray(1)) value = value * 256n + BigInt(byte)
    return value.toString()
  }
  return bytes
}
