/** The fingerprints of one dataset as one, in however many files they stand (`stored.ts`): what layers say is joined as it is read. */
import { dirname, join } from 'node:path'
import { Broken } from '#kit/errors'
import { createSegment, listsOf, openStored, type ListKind, type SegmentHeader, type SegmentLayer, type Sealing, type StoredFile } from './stored.ts'
import { countBefore, countUpTo, difference, union } from './tokens.ts'

export { createLayer, createSegment, removeSegment } from './stored.ts'
export type { ColumnHeader, ComponentsHeader, FormHeader, LinkHeader, ListKind, Sealing, SegmentHeader, SegmentLayer, SegmentWriter, WatermarkHeader } from './stored.ts'

/** A segment in memory. Tokens ascend, each once, in lists in the order of the header. */
export interface Segment {
  readonly header: SegmentHeader
  readonly columns: readonly BigUint64Array[]
  readonly links: readonly BigUint64Array[]
  readonly forms: readonly BigUint64Array[]
  /** By column, the tokens left out of it. */
  readonly dropped: readonly BigUint64Array[]
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
      for (const { kind, number } of listsOf(opened.header)) {
        for await (const tokens of opened.read(kind, number)) {
          await writer.put(tokens)
          if (opened.tokens.layers === 0) tokens.buffer.transfer(0) // as in `openFingerprints`
        }
      }
      return await writer.finish(opened.header)
    } finally {
      await writer.abandon()
    }
  } finally {
    await opened.close()
  }
}

/** A segment on disk, read in parts. */
export interface SegmentFile {
  readonly header: SegmentHeader
  /** The newest of its files, as it was opened. */
  readonly file: string
  /** Its files, the whole one first: layers stand on it. */
  readonly files: readonly SegmentLayer[]
  /** Tokens in the whole file, and in the layers. */
  readonly tokens: { readonly whole: number; readonly layers: number }
  /** The tokens of one list, or of a part of it by positions in all files together, ascending, in parts of some 1 MiB; each part has been checked against the seal. */
  read(kind: ListKind, number: number, from?: number, to?: number): AsyncGenerator<BigUint64Array<ArrayBuffer>>
  close(): Promise<void>
}

/**
 * Opens a segment without reading its tokens. Throws `Refused` `trace/seal-refused` when the key is another one or a byte was changed
 * (`read` does so too), `Broken` when a file of it cannot be read, is missing or is another one.
 */
export async function openSegmentFile(file: string, sealKey: Uint8Array): Promise<SegmentFile> {
  const head = await openStored(file, sealKey)
  try {
    return await withLayers(file, sealKey, head)
  } catch (cause) {
    await head.close()
    const again = await openStored(file, sealKey)
    if (again.salt !== head.salt) return withLayers(file, sealKey, again) // a refresh was finished between opening the one file and the others
    await again.close()
    throw cause
  }
}

async function withLayers(file: string, sealKey: Uint8Array, head: StoredFile): Promise<SegmentFile> {
  const files = [...head.below, { name: '', salt: head.salt }]
  const opened: StoredFile[] = []
  const close = async (): Promise<void> => { for (const one of [...opened, head]) await one.close() }
  try {
    for (const { name, salt } of head.below) {
      const one = await openStored(join(dirname(file), name), sealKey)
      opened.push(one)
      if (one.salt !== salt) throw new Broken('trace/segment-unreadable', 'a layer of fingerprints is another one than those above it stand on')
    }
  } catch (cause) {
    for (const one of opened) await one.close()
    throw cause
  }
  const [whole, ...layers] = [...opened, head]
  return { header: head.header, file, files, tokens: { whole: whole!.tokens, layers: layers.reduce((sum, { tokens }) => sum + tokens, 0) }, read: layers.length === 0 ? head.read : joinedRead(whole!, layers), close }
}

/** What layers say of one list: tokens beside those of the whole file, and of these, those that are not there any more. */
interface Changed { readonly added: BigUint64Array; readonly removed: BigUint64Array }

function joinedRead(whole: StoredFile, layers: readonly StoredFile[]): SegmentFile['read'] {
  let last: { readonly list: string; readonly changed: Changed } | undefined // a list is often read range by range
  return async function* (kind, number, from = 0, to = Infinity) {
    const list = `${kind} ${number}`
    const { changed } = last = last?.list === list ? last : { list, changed: await changedIn(layers, kind, number) }
    const start = Math.max(0, from - changed.added.length) // no token stands further ahead of where it was than there are new ones
    yield* cut(joined(whole.read(kind, number, start, to + changed.removed.length), changed, start), from, to)
  }
}

async function changedIn(layers: readonly StoredFile[], kind: ListKind, number: number): Promise<Changed> {
  let [added, removed]: BigUint64Array[] = [new BigUint64Array(0), new BigUint64Array(0)]
  for (const layer of layers) {
    for await (const part of layer.read(kind, number)) added = union(added!, part)
    if (kind === 'columns' || kind === 'forms') for await (const part of layer.read(`${kind}Removed`, number)) removed = union(removed!, part)
  }
  return { added: difference(added!, removed!), removed: difference(removed!, added!) } // what came with one layer and went with another was never in the whole file
}

/** The list of the whole file from position `start` on, joined with what changed; with the position of each part in all files together. */
async function* joined(parts: AsyncGenerator<BigUint64Array>, { added, removed }: Changed, start: number): AsyncGenerator<{ readonly at: number; readonly tokens: BigUint64Array }> {
  let at = -1
  let rest = added
  for await (const part of parts) {
    if (part.length === 0) continue
    if (at < 0) {
      rest = start === 0 ? added : added.subarray(countBefore(added, part[0]!))
      at = start === 0 ? 0 : start - countBefore(removed, part[0]!) + added.length - rest.length
    }
    const end = part.at(-1)!
    const now = rest.subarray(0, countUpTo(rest, end))
    const tokens = union(difference(part, removed.subarray(countBefore(removed, part[0]!), countUpTo(removed, end))), now)
    rest = rest.subarray(now.length)
    yield { at, tokens }
    at += tokens.length
  }
  if (at >= 0 || start === 0) yield { at: Math.max(0, at), tokens: rest } // else the list ended before
}

async function* cut(parts: ReturnType<typeof joined>, from: number, to: number): AsyncGenerator<BigUint64Array<ArrayBuffer>> {
  for await (const { at, tokens } of parts) {
    if (at >= to) return
    const wanted = tokens.subarray(Math.max(0, from - at), Math.max(0, to - at))
    if (wanted.length > 0) yield wanted as BigUint64Array<ArrayBuffer>
  }
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
        if (opened.tokens.layers === 0) part.buffer.transfer(0) // its own, and given back at once: waiting to be collected, hundreds of megabytes would have that done again and again
      }
      lists[kind].push(tokens)
    }
    return { header, ...lists }
  } finally {
    await opened.close()
  }
}
