/**
 * The segment file of one dataset, format 2: sealed (`sealed.ts`), and in it the sorted tokens of every column, link and form, then the tokens left
 * out of each column and form for standing too often, then the header as JSON, then its length (8 bytes, little-endian). The header stands last because
 * it counts what was written before it. The file holds keyed tokens and counts, never a value; who lacks the seal key learns its size.
 */
import { Broken } from '#kit/errors'
import type { ColumnProfile } from './profile.ts'
import { createSealed, openSealed, type Sealing } from './sealed.ts'

export type { Sealing } from './sealed.ts'

export interface ColumnHeader extends ColumnProfile {
  readonly name: string
  /** Different values kept. */
  readonly distinct: number
  /** Different values left out for standing too often. */
  readonly dropped: number
  /** Of a combination: the columns it is made of, the date first. */
  readonly of?: readonly string[]
}

/** What the scanner must know to find the parts of combinations in a row. Base64 of bits: their shapes (8,192), and the lowest bits of their tokens (2^10 to 2^20). */
export interface ComponentsHeader {
  readonly shapes: string
  readonly known: string
}

export interface LinkHeader {
  /** Positions in `columns`. */
  readonly a: number
  readonly b: number
  readonly distinct: number
}

/** Another spelling of a column's values: a digest of them, or an e-mail address without its plus-tag and dots. */
export interface FormHeader {
  /** Position in `columns`. */
  readonly column: number
  readonly form: 'md5' | 'sha1' | 'sha256' | 'bare'
  readonly distinct: number
  /** Different spellings left out for standing too often; 0 when absent. */
  readonly dropped?: number
}

/** How far the rows that were read reach: the next refresh may begin there. A value of the dataset, which only the sealed file holds. */
export interface WatermarkHeader {
  /** What was read, as declared: under another declaration all is read again. */
  readonly declared: string
  /** The highest value of the column, as text. */
  readonly value: string
  /** Refreshes since all rows were compared. */
  readonly refreshes: number
  /** Columns (from bit 0) and components (from bit 16) whose ambiguous days are read month first. */
  readonly monthFirst: number
}

export interface SegmentHeader {
  readonly format: 2
  readonly alg: 'siphash-2-4'
  readonly norm: number
  readonly unicode: string
  /** Names the epoch key without telling it. */
  readonly epoch: string
  readonly dataset: string
  /** People known: records read, and those who left the dataset since and stay findable. */
  readonly records: number
  /** Of them, those no longer in it: values of the fullest column that it does not hold any more. */
  readonly former: number
  readonly columns: readonly ColumnHeader[]
  readonly links: readonly LinkHeader[]
  readonly forms: readonly FormHeader[]
  /** The shapes of all values: 8,192 bits, base64. */
  readonly shapes: string
  /** Only with combinations. */
  readonly components?: ComponentsHeader
  /** Only with a declared watermark, and not where people were taken out since. */
  readonly watermark?: WatermarkHeader | undefined
}

/** A segment in memory. Tokens ascend, each once, in lists in the order of the header. */
export interface Segment {
  readonly header: SegmentHeader
  readonly columns: readonly BigUint64Array[]
  readonly links: readonly BigUint64Array[]
  readonly forms: readonly BigUint64Array[]
  /** By column, the tokens left out of it. */
  readonly dropped: readonly BigUint64Array[]
}

/** Kinds of lists, in the order of the file. */
export type ListKind = 'columns' | 'links' | 'forms' | 'dropped' | 'formsDropped'

const lengthBytes = 8
const headerBytesMax = 1024 * 1024

export interface SegmentWriter {
  /** The next tokens of the file, ascending within a list: columns, links, forms, dropped tokens of columns and of forms. */
  put(tokens: BigUint64Array): Promise<void>
  /** Returns the file's size and SHA-256 (hex). Throws `Broken` when the header counts other tokens than were put. */
  finish(header: SegmentHeader): Promise<{ readonly bytes: number; readonly sha256: string }>
  abandon(): Promise<void>
}

/** Begins a segment file; it takes the place of `file` when it is finished, whole. */
export async function createSegment(file: string, sealing: Sealing): Promise<SegmentWriter> {
  const sealed = await createSealed(file, sealing)
  return {
    put: (tokens) => sealed.put(bytesOf(tokens)),
    finish: async (header) => {
      const counted = listsOf(header).reduce((sum, list) => sum + list.length, 0)
      if (counted * 8 !== sealed.length()) throw new Broken('trace/segment-miscounted', 'a fingerprint header counts other tokens than its file holds')
      const json = Buffer.from(JSON.stringify(header))
      const length = Buffer.alloc(lengthBytes)
      length.writeBigUInt64LE(BigInt(json.length))
      await sealed.put(Buffer.concat([json, length]))
      return sealed.finish()
    },
    abandon: () => sealed.abandon(),
  }
}

/** Writes a segment that is in memory. Returns the file's size and SHA-256 (hex). */
export async function writeSegment(file: string, segment: Segment, sealing: Sealing): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const writer = await createSegment(file, sealing)
  try {
    for (const tokens of [...segment.columns, ...segment.links, ...segment.forms, ...segment.dropped]) await writer.put(tokens)
    return await writer.finish(segment.header)
  } finally {
    await writer.abandon()
  }
}

/** Seals a segment again under another key, without holding it whole. Returns the new file's size and SHA-256 (hex); throws as opening and writing do. */
export async function resealSegment(from: { readonly file: string; readonly sealKey: Uint8Array }, file: string, sealing: Sealing): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const opened = await openSegmentFile(from.file, from.sealKey)
  try {
    const writer = await createSegment(file, sealing)
    try {
      for (const { kind, number } of listsOf(opened.header)) for await (const tokens of opened.read(kind, number)) await writer.put(tokens)
      return await writer.finish(opened.header)
    } finally {
      await writer.abandon()
    }
  } finally {
    await opened.close()
  }
}

interface List {
  readonly kind: ListKind
  readonly number: number
  /** Tokens. */
  readonly length: number
}

function listsOf(header: SegmentHeader): List[] {
  const kinds: readonly (readonly [ListKind, readonly number[]])[] = [
    ['columns', header.columns.map((column) => column.distinct)], ['links', header.links.map((link) => link.distinct)],
    ['forms', header.forms.map((form) => form.distinct)], ['dropped', header.columns.map((column) => column.dropped)],
    ['formsDropped', header.forms.map((form) => form.dropped ?? 0)],
  ]
  return kinds.flatMap(([kind, lengths]) => lengths.map((length, number) => ({ kind, number, length })))
}

function bytesOf(tokens: BigUint64Array): Uint8Array {
  return new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)
}

/** A segment on disk, read in parts. */
export interface SegmentFile {
  readonly header: SegmentHeader
  /** The tokens of one list, or of a part of it, ascending, in parts of at most 1 MiB; each part has been checked against the seal. */
  read(kind: ListKind, number: number, from?: number, to?: number): AsyncGenerator<BigUint64Array<ArrayBuffer>>
  close(): Promise<void>
}

/**
 * Opens a segment file without reading its tokens. Throws `Refused` `trace/seal-refused` when the key is another one or a byte was changed
 * (`read` does so too), `Broken` when the file cannot be read or is no segment.
 */
export async function openSegmentFile(file: string, sealKey: Uint8Array): Promise<SegmentFile> {
  const sealed = await openSealed(file, sealKey)
  try {
    const header = await readHeader(sealed)
    const lists = listsOf(header)
    const read = (kind: ListKind, number: number, from = 0, to = Infinity): AsyncGenerator<BigUint64Array<ArrayBuffer>> => {
      const index = lists.findIndex((list) => list.kind === kind && list.number === number)
      const start = lists.slice(0, index).reduce((sum, list) => sum + list.length, 0)
      return tokensOf(sealed.read((start + from) * 8, (start + Math.min(to, lists[index]?.length ?? 0)) * 8))
    }
    return { header, read, close: () => sealed.close() }
  } catch (cause) {
    await sealed.close()
    throw cause
  }
}

async function* tokensOf(slices: AsyncGenerator<Uint8Array<ArrayBuffer>>): AsyncGenerator<BigUint64Array<ArrayBuffer>> {
  for await (const slice of slices) yield new BigUint64Array(slice.buffer, 0, slice.length / 8)
}

// What is parsed here was sealed by this program: the seal vouches for its shape.
async function readHeader(sealed: Awaited<ReturnType<typeof openSealed>>): Promise<SegmentHeader> {
  const end = await whole(sealed.read(Math.max(0, sealed.length - lengthBytes), sealed.length))
  const length = end.length < lengthBytes ? Infinity : Number(end.readBigUInt64LE())
  if (length > headerBytesMax || length + lengthBytes > sealed.length) throw new Broken('trace/segment-malformed', 'a fingerprint header is too long')
  const header = JSON.parse((await whole(sealed.read(sealed.length - lengthBytes - length, sealed.length - lengthBytes))).toString()) as SegmentHeader
  if (header.format !== 2) throw new Broken('trace/segment-malformed', 'fingerprints of another format')
  return header
}

async function whole(slices: AsyncGenerator<Uint8Array>): Promise<Buffer> {
  const parts = []
  for await (const slice of slices) parts.push(slice)
  return Buffer.concat(parts)
}

/** Opens a segment file and reads it whole. Throws as `openSegmentFile` does. */
export async function openFingerprints(file: string, sealKey: Uint8Array): Promise<Segment> {
  const opened = await openSegmentFile(file, sealKey)
  try {
    const { header } = opened
    const lists: Record<Exclude<ListKind, 'formsDropped'>, BigUint64Array[]> = { columns: [], links: [], forms: [], dropped: [] }
    for (const { kind, number, length } of listsOf(header)) {
      if (kind === 'formsDropped') continue // no search asks for them
      const tokens = new BigUint64Array(length)
      let at = 0
      for await (const part of opened.read(kind, number)) {
        tokens.set(part, at)
        at += part.length
      }
      lists[kind].push(tokens)
    }
    return { header, ...lists }
  } finally {
    await opened.close()
  }
}
