/** A zip archive, written anew with some members changed or left out: the others hold what they held. */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import yazl from 'yazl'
import { Broken } from '#kit/errors'

type Bytes = AsyncIterable<Uint8Array>

/** What becomes of a member: other bytes, or it goes. */
export type Change = { readonly bytes: () => Bytes } | 'removed'

const entriesOf = async (archive: ZipFile): Promise<Entry[]> => {
  const entries: Entry[] = []
  archive.on('entry', (entry) => { entries.push(entry); archive.readEntry() })
  archive.readEntry()
  await once(archive, 'end')
  return entries
}

async function withArchive<Result>(file: string, work: (archive: ZipFile, entries: readonly Entry[]) => Promise<Result>): Promise<Result> {
  const archive = await yauzl.openPromise(file, { autoClose: false, lazyEntries: true })
  try {
    return await work(archive, await entriesOf(archive))
  } finally {
    archive.close()
  }
}

/** The names of its members; undefined where two have one name, or one is not to be read as it stands. */
export async function membersOf(file: string): Promise<string[] | undefined> {
  return withArchive(file, (_, entries) => {
    const names = entries.map(({ fileName }) => fileName)
    return Promise.resolve(new Set(names).size < names.length || entries.some((entry) => entry.isEncrypted()) ? undefined : names)
  }).catch(() => undefined)
}

const opened = async (archive: ZipFile, entry: Entry): Promise<Readable> => archive.openReadStreamPromise(entry)

/** The bytes of one member. */
export async function* memberOf(file: string, name: string): AsyncGenerator<Uint8Array> {
  const archive = await yauzl.openPromise(file, { autoClose: false, lazyEntries: true })
  try {
    const entry = (await entriesOf(archive)).find(({ fileName }) => fileName === name)
    if (entry === undefined) throw new Broken('erasure/file-changed', 'an archive is another than when it was looked at; run the erasure again')
    yield* await opened(archive, entry) as AsyncIterable<Uint8Array>
  } finally {
    archive.close()
  }
}

/** Whether every member that was to stay as it was is the same in both, by its check sum, and no other is there. */
export async function sameMembers(file: string, written: string, changes: ReadonlyMap<string, Change>): Promise<boolean> {
  const [before, after] = await Promise.all([file, written].map((one) => withArchive(one, (_, entries) => Promise.resolve(entries))))
  const found = new Map(after!.map((entry) => [entry.fileName, entry]))
  const kept = before!.filter(({ fileName }) => changes.get(fileName) !== 'removed')
  return found.size === kept.length && kept.every((entry) => {
    const now = found.get(entry.fileName)
    return now !== undefined && (changes.has(entry.fileName) || (entry.crc32 === now.crc32 && entry.uncompressedSize === now.uncompressedSize))
  })
}

/** The archive with its changed members. */
export async function* zipWith(file: string, changes: ReadonlyMap<string, Change>): AsyncGenerator<Uint8Array> {
  const archive = await yauzl.openPromise(file, { autoClose: false, lazyEntries: true })
  const made = new yazl.ZipFile()
  const output = made.outputStream as unknown as Readable
  try {
    for (const entry of await entriesOf(archive)) {
      const change = changes.get(entry.fileName)
      if (change === 'removed') continue
      const attributes = { mtime: entry.getLastModDate(), mode: (entry.externalFileAttributes >>> 16) || 0o100664 }
      if (entry.fileName.endsWith('/')) { made.addEmptyDirectory(entry.fileName, { mtime: attributes.mtime, ...(attributes.mode === 0o100664 ? {} : { mode: attributes.mode }) }); continue }
      // Opened when its turn comes, so that one is read at a time.
      made.addReadStreamLazy(entry.fileName, { ...attributes, compress: entry.compressionMethod !== 0 }, (give) => {
        if (change !== undefined) give(null, Readable.from(change.bytes()).on('error', (cause) => output.destroy(cause)))
        else opened(archive, entry).then((stream) => { give(null, stream.on('error', (cause) => output.destroy(cause))) }, (cause: unknown) => output.destroy(cause as Error))
      })
    }
    made.end({ comment: archive.comment === '' ? undefined : archive.comment } as Parameters<typeof made.end>[0])
    yield* output as AsyncIterable<Uint8Array>
  } finally {
    archive.close()
  }
}
