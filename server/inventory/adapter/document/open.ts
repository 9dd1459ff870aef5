/**
 * One file, object or member as its parts, whatever it is packed in: the format is told by content at every layer, and what is inside is opened the same
 * way. What cannot be read becomes an unread part with its reason.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Broken } from '#kit/errors'
import { fileBytes, openInside } from '../files.ts'
import type { FileFormat, Packing } from '../format.ts'
import type { PartOrUnread } from '../part.ts'
import { dumpParts, readers } from './readers.ts'
import { declaredPart, type Dialect } from './declared.ts'
import { held } from './scratch.ts'
import { under, type Member, type Nest } from './nest.ts'
import { createBudget, documentLimits, peek, type Budget, type DocumentLimits, type Opening, type Source } from './source.ts'
import { pagesPart } from '../table/index.ts'
import { unpacked } from './packed.ts'
import { formatIn } from './quoted.ts'
import { rangeOf, type ByteRange } from './range.ts'
import { mailboxParts, mailParts } from './mail.ts'
import { notebookParts } from './notebook.ts'
import { tarParts } from './tar.ts'
import { bytesPart, emptyPart, textPart } from './text.ts'
import { zipParts } from './zip.ts'

export interface OpenOptions {
  readonly limits?: DocumentLimits
  /** A private folder for what has to be read from a file; without one, formats that need it are read only up to what fits the memory. */
  readonly scratch?: string | undefined
  /** Of a file that `rangesOf` gives ranges for: only the lines of this one. */
  readonly range?: ByteRange | undefined
  /** JSON lines by the names of their fields, which a search never asks for and a dataset is declared by. */
  readonly named?: boolean | undefined
  /** Texts are tables written so, which a dataset is declared by; only what is told by its first bytes for certain (packings, archives, databases) is read as what it is. */
  readonly dialect?: Dialect | undefined
}

/**
 * The parts of one file of a folder store. The consumer ends or stops one part's bytes before it asks for the next. Throws `Broken`
 * `inventory/file-unreadable` when the file cannot be opened, is a link, or does not lie inside the folder.
 */
export async function* openParts(root: string, path: string, options: OpenOptions = {}): AsyncGenerator<PartOrUnread> {
  const handle = await openInside(root, path)
  try {
    const { size } = await handle.stat()
    const source: Source = { name: '', bytes: size, open: () => fileBytes(handle) }
    if (options.range !== undefined) yield* rangeOf(handle, source, options.range)
    else yield* partsOf(source, options, { file: await seekable(handle.fd, join(root, path)), span: { descriptor: handle.fd, from: 0, to: size } })
    if ((await handle.stat()).size < size) yield { name: 'what was cut off', because: 'it became shorter while it was read: what stood behind may not have been read' }
  } finally {
    await handle.close()
  }
}

/** The descriptor's own path where the system has one: what is read is then what was examined, whatever the name has become. */
async function seekable(descriptor: number, path: string): Promise<string> {
  const own = `/proc/self/fd/${descriptor}`
  return stat(own).then(() => own, () => path)
}

/** The parts of bytes from elsewhere: an object of a bucket, a large object, a value. Their names are relative to the source. */
export async function* partsOfSource(source: Source, options: OpenOptions = {}): AsyncGenerator<PartOrUnread> {
  yield* partsOf({ ...source, name: '', open: () => source.open() }, options, {})
}

async function* partsOf(source: Source, options: OpenOptions, where: Pick<Member, 'file' | 'span'>): AsyncGenerator<PartOrUnread> {
  const budget = createBudget(options.limits ?? documentLimits, source.bytes)
  const nest: Nest = { budget, scratch: { folder: options.scratch, limits: budget.limits }, named: options.named === true, dialect: options.dialect, inside: (member) => inside(member, nest) }
  yield* nest.inside({ name: '', depth: 0, source: { name: '', bytes: source.bytes, open: () => readOf(source.open(), budget) }, ...where })
}

async function* readOf(bytes: AsyncIterable<Uint8Array>, budget: Budget): AsyncGenerator<Uint8Array> {
  for await (const part of bytes) {
    budget.read(part.length)
    yield part
  }
}

async function* inside(member: Member, nest: Nest): AsyncGenerator<PartOrUnread> {
  let opening: Opening | undefined
  try {
    const beginning = await peek(member.stream ?? member.source!.open())
    opening = { name: member.name, depth: member.depth, packings: member.packings ?? [], again: member.source, file: member.file, span: member.span, notes: member.notes ?? (() => []), ...beginning }
    yield* partsOfOpening(opening, nest)
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    yield { name: member.name, because: cause.message }
  } finally {
    await opening?.close().catch((cause: unknown) => { if (!(cause instanceof Broken)) throw cause })
  }
}

async function* partsOfOpening(opening: Opening, nest: Nest): AsyncGenerator<PartOrUnread> {
  const format = await formatIn(opening, opening.depth === 0 ? opening.again : undefined) // not inside archives: reading a member twice would count twice against what may be unpacked
  const layer = nest.dialect !== undefined && isText(format) ? false : format.outcome === 'packed' || format.outcome === 'zip' || format.outcome === 'tar' || format.outcome === 'mail' || format.outcome === 'mailbox' || format.outcome === 'notebook'
  if (layer && opening.depth >= nest.budget.limits.depthMax) {
    yield { name: opening.name, because: `packed more than ${nest.budget.limits.depthMax} times over` }
    return
  }
  if (nest.dialect !== undefined && isText(format)) {
    yield declaredPart(opening, nest.dialect)
    return
  }
  switch (format.outcome) {
    case 'empty': yield emptyPart(opening); return
    case 'not readable': yield { name: opening.name, because: format.because }; return
    case 'bytes': {
      yield bytesPart(opening, format)
      // Not inside archives: reading a member twice would count twice against what may be unpacked.
      if (opening.depth === 0 && opening.again !== undefined && !(opening.whole && opening.sample.length < pageBytesMin)) yield under(opening, pagesPart(opening.again))
      return
    }
    case 'packed': yield* nest.inside(unpackedMember(opening, format.packing, nest)); return
    case 'tar': yield* tarParts(opening, nest); return
    case 'zip': yield* zipParts(opening, nest); return
    case 'seeking': yield* seekingParts(opening, format, nest); return
    case 'mail': yield* mailParts(opening, format.encoding, nest); return
    case 'mailbox': yield* mailboxParts(opening, nest); return
    case 'notebook': yield* notebookParts(opening, format.encoding, nest); return
    case 'dump': yield* dumpParts(opening, format); return
    case 'delimited': case 'json': case 'json lines': case 'markup': yield textPart(opening, format, nest.named)
  }
}

/** Told by what its text looks like, or by nothing: that is where it may err. */
const isText = ({ outcome }: FileFormat): boolean => outcome !== 'packed' && outcome !== 'zip' && outcome !== 'tar' && outcome !== 'empty' && outcome !== 'seeking' && outcome !== 'not readable'

/** No page of a database that is searched for is smaller, but for the smallest ones of SQLite, which nobody uses. */
const pageBytesMin = 1024

/** What a packing holds, under the same name: a packed file is the file. */
function unpackedMember(opening: Opening, packing: Packing, { budget }: Nest): Member {
  const notes: string[] = []
  const layer = async function* (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    notes.length = 0
    for await (const part of unpacked(bytes, packing, notes)) {
      budget.unpack(part.length)
      yield part
    }
  }
  const { again } = opening
  return {
    name: opening.name, depth: opening.depth + 1, packings: [...opening.packings, packing], notes: () => [...opening.notes(), ...notes],
    stream: layer(opening.bytes), source: again === undefined ? undefined : { name: opening.name, open: () => layer(again.open()) },
  }
}

async function* seekingParts(opening: Opening, format: FileFormat & { outcome: 'seeking' }, nest: Nest): AsyncGenerator<PartOrUnread> {
  const reader = readers[format.format]
  if (reader === undefined) {
    if (format.format === 'SQLite') yield bytesPart(opening, { outcome: 'bytes', kind: 'SQLite database as bytes' })
    else yield { name: opening.name, because: `${format.format}: not read yet` }
    return
  }
  for await (const part of held(opening, nest.scratch, (file) => reader({ file, name: opening.name }))) yield under(opening, part)
}
