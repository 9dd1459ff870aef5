/** Zip archives, also those that office programs write, read by their directory. An archive inside another is put into a file first. */
import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { Broken } from '#kit/errors'
import { sampleBytesMax, type Packing } from '../format.ts'
import type { PartOrUnread } from '../part.ts'
import { holdsMore } from '../zipDirectory.ts'
import { createNames, memberName, under, type Nest } from './nest.ts'
import { unpacked } from './packed.ts'
import { readers } from './readers.ts'
import { gathered, held } from './scratch.ts'
import type { Opening, Source } from './source.ts'

// How members are packed (APPNOTE 4.4.5); what is not here is named as unread.
const methods: Readonly<Record<number, Packing | 'stored'>> = { 0: 'stored', 8: 'deflate', 12: 'bzip2', 93: 'zstd', 95: 'xz' }

const damaged = (cause: unknown): Broken => new Broken('inventory/zip-damaged', 'the zip archive is damaged or cut short', { cause })

/** The parts of a zip archive's members; of an XLSX workbook its sheets, where there is a reader for them. */
export async function* zipParts(opening: Opening, nest: Nest): AsyncGenerator<PartOrUnread> {
  const workbook = readers.XLSX
  if (workbook !== undefined && await isWorkbook(opening)) {
    for await (const part of held(opening, nest.scratch, (file) => workbook({ file, name: opening.name }))) yield under(opening, part)
    return
  }
  const { from, remove } = await gathered(opening, nest.scratch)
  try {
    yield* partsOfZip(from, opening, nest)
  } finally {
    await remove()
  }
}

async function* partsOfZip(from: string | Buffer, opening: Opening, nest: Nest): AsyncGenerator<PartOrUnread> {
  const options = { autoClose: false, decodeStrings: false, lazyEntries: true } as const
  const archive = await (typeof from === 'string' ? yauzl.openPromise(from, options) : yauzl.fromBufferPromise(from, options)).catch((cause: unknown) => { throw damaged(cause) })
  try {
    yield* membersOf(archive, opening, nest)
    if (await holdsMore(archive, from)) throw damaged(undefined)
  } catch (cause) {
    throw cause instanceof Broken ? cause : damaged(cause)
  } finally {
    archive.close()
  }
}

/** A workbook names its parts in the first member or the last kilobytes: the directory of an archive stands at its end. */
async function isWorkbook(opening: Opening): Promise<boolean> {
  const named = (bytes: Uint8Array): boolean => /\bxl\/(workbook|worksheets|sharedStrings|styles|theme|_rels)/.test(Buffer.from(bytes).toString('latin1'))
  if (named(opening.sample)) return true
  if (opening.file === undefined) return false
  const handle = await open(opening.file, 'r')
  try {
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(sampleBytesMax), 0, sampleBytesMax, Math.max(0, size - sampleBytesMax))
    return named(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

async function* membersOf(archive: ZipFile, opening: Opening, nest: Nest): AsyncGenerator<PartOrUnread> {
  const numbered = createNames()
  const { limits } = nest.budget
  let before = { start: -1, end: -1 }
  if (archive.entryCount === 0 && isMember(opening.sample)) throw damaged(undefined) // it begins with a member, and its directory names none
  for await (const entry of entriesOf(archive)) {
    nest.budget.member()
    const flat = nameOf(entry)
    if (flat.endsWith('/') && entry.uncompressedSize === 0) continue
    const name = memberName(opening.name, numbered(flat.length > limits.nameMax ? '(long name)' : flat))
    const start = entry.relativeOffsetOfLocalHeader
    const overlaps = start >= before.start && start < before.end
    before = { start, end: start + 30 + entry.fileNameRaw.length + entry.compressedSize }
    const because = flat.length > limits.nameMax ? `a member whose name is longer than ${limits.nameMax} characters` : overlaps ? 'it overlaps the member before it' : unreadable(entry)
    if (because !== undefined) {
      yield { name, because }
      continue
    }
    const source: Source = { name, bytes: entry.uncompressedSize, open: () => bytesOf(archive, entry, nest) }
    yield* nest.inside({ name, depth: opening.depth + 1, source, notes: opening.notes })
  }
}

/** Whether bytes begin as a member of a zip archive does (APPNOTE 4.3.7). */
const isMember = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4

function unreadable(entry: Entry): string | undefined {
  if ((entry.generalPurposeBitFlag & 1) === 1 || entry.compressionMethod === 99) return 'encrypted'
  return methods[entry.compressionMethod] === undefined ? `packed by method ${entry.compressionMethod}: not read` : undefined
}

function nameOf(entry: Entry): string {
  return yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, yauzl.parseExtraFields(entry.extraFieldRaw), false)
}

/** One entry of the directory at a time: an archive can have a million. */
async function* entriesOf(archive: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const done = (): void => { archive.off('entry', found).off('end', ended).off('error', failed) }
      const found = (next: Entry): void => { done(); resolve(next) }
      const ended = (): void => { done(); resolve(undefined) }
      const failed = (cause: unknown): void => { done(); reject(damaged(cause)) }
      archive.once('entry', found).once('end', ended).once('error', failed)
      archive.readEntry()
    })
    if (entry === undefined) return
    yield entry
  }
}

/** A member's bytes unpacked, counted, and compared with the check sum of the directory. */
async function* bytesOf(archive: ZipFile, entry: Entry, { budget }: Nest): AsyncGenerator<Uint8Array> {
  const method = methods[entry.compressionMethod] ?? 'stored'
  const notes: string[] = []
  let sum = 0
  let length = 0
  try {
    const raw = rawBytes(archive, entry)
    for await (const part of method === 'stored' ? raw : unpacked(raw, method, notes)) {
      budget.unpack(part.length)
      length += part.length
      sum = crc32(part, sum)
      yield part
    }
  } catch (cause) {
    throw cause instanceof Broken ? cause : damaged(cause)
  }
  if (length !== entry.uncompressedSize || sum !== entry.crc32) throw new Broken('inventory/zip-damaged', 'a zip member is not what its directory says')
}

async function* rawBytes(archive: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  if (entry.compressedSize === 0) return
  const stream = await archive.openReadStreamPromise(entry, { decodeFileData: false })
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) yield part
  } finally {
    stream.destroy()
  }
}
