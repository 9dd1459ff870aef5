/**
 * A segment file. Format 2, the fingerprints of a dataset whole: sealed (`sealed.ts`), and in it the sorted tokens of every column, link and form, then the tokens left
 * out of each column and form for standing too often, then the header as JSON, then its length (8 bytes, little-endian). The header stands last because
 * it counts what was written before it. The file holds keyed tokens and counts, never a value; who lacks the seal key learns its size.
 *
 * Format 3, a layer: the same lists with the tokens that came since the files below it, then those of columns and forms that went, and the header of it all together, which names
 * the files below. The newest layer has the name of the segment; those below have numbers behind it.
 */
import { linkSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { ColumnProfile } from './profile.ts'
import { createSealed, openSealed, syncFolder, type Sealing } from './sealed.ts'

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

/** What a watermark header says where changes are read by replication. */
export interface ReplicationHeader {
  /** Of the slot. */
  readonly name: string
  /** Of the table, as it was. */
  readonly definition: string
  /** Transactions that are in what was read, where all rows were; the slot tells of them too. */
  readonly moment?: string | undefined
}

/** How far the rows that were read reach: the next refresh may begin there. A value of the dataset, which only the sealed file holds. */
export interface WatermarkHeader {
  /** What was read, as declared: under another declaration all is read again. */
  readonly declared: string
  /** The highest value of the column, as text; by replication, the position that changes were read to. */
  readonly value: string
  readonly replication?: ReplicationHeader | undefined
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

/** A file of a segment: its name, and the salt of its seal, which no other file has. */
export interface SegmentLayer {
  readonly name: string
  readonly salt: string
}

interface LayerHeader {
  /** Files below it, the whole one first. */
  readonly below: readonly SegmentLayer[]
  /** Tokens that came, by list: columns, links, forms, and those left out of columns and of forms. */
  readonly added: readonly number[]
  /** Tokens that went: of columns, and of forms. */
  readonly removed: readonly number[]
}

/** What stands in a file: of a whole one as everybody knows it; of a layer, that of all files together, and what is in this one. */
type StoredHeader = (SegmentHeader & { readonly layer?: undefined }) | (Omit<SegmentHeader, 'format'> & { readonly format: 3; readonly layer: LayerHeader })

/** Kinds of lists, in the order of the file. */
export type ListKind = 'columns' | 'links' | 'forms' | 'dropped' | 'formsDropped'

/** Kinds of lists that a layer has beside them. */
export type RemovedKind = 'columnsRemoved' | 'formsRemoved'

const lengthBytes = 8
const headerBytesMax = 1024 * 1024

export interface SegmentWriter {
  /** The next tokens of the file, ascending within a list: columns, links, forms, dropped tokens of columns and of forms. */
  put(tokens: BigUint64Array): Promise<void>
  /** Returns the file's size and SHA-256 (hex). Throws `Broken` when the header counts other tokens than were put. */
  finish(header: SegmentHeader): Promise<{ readonly bytes: number; readonly sha256: string }>
  abandon(): Promise<void>
}

/** Begins a segment file; it takes the place of `file` when it is finished, whole, and of its layers. */
export async function createSegment(file: string, sealing: Sealing): Promise<SegmentWriter> {
  const stored = await createStored(file, sealing)
  return { put: stored.put, abandon: stored.abandon, finish: (header) => stored.finish(header) }
}

export interface LayerWriter extends Omit<SegmentWriter, 'finish'> {
  /** `header`: that of all files together; counts in the order of the file. */
  finish(header: SegmentHeader, counts: Pick<LayerHeader, 'added' | 'removed'>): Promise<{ readonly bytes: number; readonly sha256: string }>
}

/**
 * Begins a layer on top of a segment, of which `file` is the newest file: that keeps its bytes under a further name, and loses its own to the new layer only when this is finished, whole.
 * Undefined where the disk gives a file no second name. Throws `Broken` when it is not the newest any more.
 */
export async function createLayer(file: string, sealing: Sealing, below: readonly SegmentLayer[]): Promise<LayerWriter | undefined> {
  const name = `${basename(file)}.${below.length}`
  rmSync(join(dirname(file), name), { force: true }) // of a writer that was killed: nothing names it
  try {
    linkSync(file, join(dirname(file), name))
  } catch {
    return undefined
  }
  await syncFolder(dirname(file))
  const linked = await openSealed(join(dirname(file), name), sealing.sealKey)
  await linked.close()
  if (linked.salt !== below.at(-1)?.salt) throw new Broken('trace/refresh-running', 'the fingerprints were taken by another process meanwhile: run it again when that has ended')
  failpoint('trace: layer below named, not begun')
  const stored = await createStored(file, sealing)
  const named = below.map((layer, number) => (number === below.length - 1 ? { ...layer, name } : layer))
  return { put: stored.put, abandon: stored.abandon, finish: (header, counts) => stored.finish({ ...header, format: 3, layer: { below: named, ...counts } }) }
}

async function createStored(file: string, sealing: Sealing): Promise<Omit<SegmentWriter, 'finish'> & { finish(header: StoredHeader): ReturnType<SegmentWriter['finish']> }> {
  const sealed = await createSealed(file, sealing)
  return {
    put: (tokens) => sealed.put(bytesOf(tokens)),
    finish: async (header) => {
      const counted = storedLists(header).reduce((sum, list) => sum + list.length, 0)
      if (counted * 8 !== sealed.length()) throw new Broken('trace/segment-miscounted', 'a fingerprint header counts other tokens than its file holds')
      const json = Buffer.from(JSON.stringify(header))
      const length = Buffer.alloc(lengthBytes)
      length.writeBigUInt64LE(BigInt(json.length))
      await sealed.put(Buffer.concat([json, length]))
      const written = await sealed.finish()
      failpoint('trace: segment in place, layers not gone')
      removeLayers(file, header.layer?.below ?? [])
      return written
    },
    abandon: () => sealed.abandon(),
  }
}

const layerNumber = /^[.][0-9]+$/

function removeLayers(file: string, but: readonly SegmentLayer[]): void {
  const [folder, name] = [dirname(file), basename(file)]
  for (const one of readdirSync(folder)) if (one.startsWith(name) && layerNumber.test(one.slice(name.length)) && but.every((layer) => layer.name !== one)) rmSync(join(folder, one), { force: true })
}

/** Removes a segment with all its layers; does nothing where there is none. */
export function removeSegment(file: string): void {
  rmSync(file, { force: true })
  removeLayers(file, [])
}

export interface List {
  readonly kind: ListKind
  readonly number: number
  /** Tokens. */
  readonly length: number
}

/** The lists of a segment, as all its files together have them. */
export function listsOf(header: Omit<SegmentHeader, 'format'>): List[] {
  const kinds: readonly (readonly [ListKind, readonly number[]])[] = [
    ['columns', header.columns.map((column) => column.distinct)], ['links', header.links.map((link) => link.distinct)],
    ['forms', header.forms.map((form) => form.distinct)], ['dropped', header.columns.map((column) => column.dropped)],
    ['formsDropped', header.forms.map((form) => form.dropped ?? 0)],
  ]
  return kinds.flatMap(([kind, lengths]) => lengths.map((length, number) => ({ kind, number, length })))
}

interface StoredList extends Omit<List, 'kind'> { readonly kind: ListKind | RemovedKind }

/** The lists of one file. */
function storedLists({ layer, ...header }: StoredHeader): StoredList[] {
  const whole = listsOf(header)
  if (layer === undefined) return whole
  const removed = whole.filter(({ kind }) => kind === 'columns' || kind === 'forms').map(({ kind, number }, at): StoredList => ({ kind: kind === 'columns' ? 'columnsRemoved' : 'formsRemoved', number, length: layer.removed[at] ?? 0 }))
  return [...whole.map((list, at) => ({ ...list, length: layer.added[at] ?? 0 })), ...removed]
}

function bytesOf(tokens: BigUint64Array): Uint8Array {
  return new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)
}

/** One file of a segment. */
export interface StoredFile {
  /** Of all files together. */
  readonly header: SegmentHeader
  readonly below: readonly SegmentLayer[]
  readonly salt: string
  /** Tokens in it. */
  readonly tokens: number
  read(kind: ListKind | RemovedKind, number: number, from?: number, to?: number): AsyncGenerator<BigUint64Array<ArrayBuffer>>
  close(): Promise<void>
}

/** Opens one file without reading its tokens. Throws as `openSegmentFile` does. */
export async function openStored(file: string, sealKey: Uint8Array): Promise<StoredFile> {
  const sealed = await openSealed(file, sealKey)
  try {
    const stored = await readHeader(sealed)
    const lists = storedLists(stored)
    const { layer, ...header } = stored
    const read: StoredFile['read'] = (kind, number, from = 0, to = Infinity) => {
      const index = lists.findIndex((list) => list.kind === kind && list.number === number)
      const start = lists.slice(0, index).reduce((sum, list) => sum + list.length, 0)
      return tokensOf(sealed.read((start + from) * 8, (start + Math.min(to, lists[index]?.length ?? 0)) * 8))
    }
    return { header: { ...header, format: 2 }, below: layer?.below ?? [], salt: sealed.salt, tokens: lists.reduce((sum, list) => sum + list.length, 0), read, close: () => sealed.close() }
  } catch (cause) {
    await sealed.close()
    throw cause
  }
}

async function* tokensOf(slices: AsyncGenerator<Uint8Array<ArrayBuffer>>): AsyncGenerator<BigUint64Array<ArrayBuffer>> {
  for await (const slice of slices) yield new BigUint64Array(slice.buffer, 0, slice.length / 8)
}

// What is parsed here was sealed by this program: the seal vouches for its shape.
async function readHeader(sealed: Awaited<ReturnType<typeof openSealed>>): Promise<StoredHeader> {
  const end = await whole(sealed.read(Math.max(0, sealed.length - lengthBytes), sealed.length))
  const length = end.length < lengthBytes ? Infinity : Number(end.readBigUInt64LE())
  if (length > headerBytesMax || length + lengthBytes > sealed.length) throw new Broken('trace/segment-malformed', 'a fingerprint header is too long')
  const header = JSON.parse((await whole(sealed.read(sealed.length - lengthBytes - length, sealed.length - lengthBytes))).toString()) as StoredHeader
  if (header.format !== 2 && header.format !== 3) throw new Broken('trace/segment-malformed', 'fingerprints of another format')
  return header
}

async function whole(slices: AsyncGenerator<Uint8Array>): Promise<Buffer> {
  const parts = []
  for await (const slice of slices) parts.push(slice)
  return Buffer.concat(parts)
}

