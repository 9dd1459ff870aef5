/** A text of delimited rows of several owners, written anew without the rows of one. */
import { constants, createReadStream } from 'node:fs'
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isUnread, openParts } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Erased } from './erased.ts'
import { locateRows, type Searched } from './located.ts'
import { syncDirectory } from './syncDirectory.ts'

export interface TextToRewrite extends Searched {
  readonly folder: string
  readonly place: string
  /** Of the file itself. */
  readonly path: string
  readonly scratch?: string | undefined
}

const chunkBytes = 1024 * 1024

/**
 * Writes the file anew, beside it, without the controller's rows and byte for byte as it was otherwise; then puts that in its place. Resolves to undefined, with nothing changed, where its rows do
 * not stand in it as they are read: packed, in UTF-16, in a document. Throws `Broken` when it changes meanwhile.
 */
export async function rewriteText(text: TextToRewrite, begin: Begin): Promise<Erased | undefined> {
  const delimiter = await plainDelimiter(text)
  if (delimiter === undefined) return undefined
  const before = await lstat(text.path, { bigint: true })
  const read = (): AsyncIterable<Uint8Array> => createReadStream(text.path, { highWaterMark: chunkBytes })
  const located = await locateRows(read, text, { delimiter })
  if (located === undefined || located.matched.ordinals.length === 0) return undefined
  const { counted } = located
  await begin(counted)
  failpoint('erasure/after-begin')
  const draft = `${text.path}.bailee-rewriting` // always the same: what a killed run left is written over
  try {
    await write(draft, read(), located.matched, before)
    const now = await lstat(text.path, { bigint: true })
    if (now.ino !== before.ino || now.size !== before.size || now.mtimeNs !== before.mtimeNs) throw new Broken('erasure/file-changed', 'a file was written to while rows were taken out of it; nothing was changed. Run the erasure again when nobody writes to it')
    await rename(draft, text.path)
  } catch (cause) {
    await rm(draft, { force: true })
    throw cause
  }
  await syncDirectory(dirname(text.path))
  return { outcome: 'erased', rows: counted.rows, counted }
}

/** Of a file that is one text of rows and nothing else; undefined for any other. */
async function plainDelimiter({ folder, place, scratch }: TextToRewrite): Promise<string | undefined> {
  let delimiter: string | undefined
  for await (const part of openParts(folder, place, { scratch })) {
    if (isUnread(part) || part.name !== '' || part.shape !== 'rows' || part.span === undefined) return undefined
    delimiter = part.delimiter
  }
  return delimiter
}

interface Owned { readonly mode: bigint; readonly uid: bigint; readonly gid: bigint }

async function write(draft: string, bytes: AsyncIterable<Uint8Array>, { starts, ends }: { readonly starts: Float64Array; readonly ends: Float64Array }, { mode, uid, gid }: Owned): Promise<void> {
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600)
  try {
    let offset = 0
    let next = 0
    for await (const chunk of bytes) {
      let from = 0
      for (; next < starts.length && (starts[next] ?? 0) < offset + chunk.length; next += 1) {
        await file.write(chunk.subarray(from, Math.max(from, (starts[next] ?? 0) - offset)))
        from = Math.min(chunk.length, (ends[next] ?? 0) - offset)
        if ((ends[next] ?? 0) > offset + chunk.length) break // the row goes on in the next chunk
      }
      await file.write(chunk.subarray(from))
      offset += chunk.length
    }
    await owned(file, { mode, uid, gid })
    await file.sync()
  } finally {
    await file.close()
  }
}

async function owned(file: FileHandle, { mode, uid, gid }: Owned): Promise<void> {
  const mine = await file.stat()
  if (mine.uid !== Number(uid) || mine.gid !== Number(gid)) await file.chown(Number(uid), Number(gid))
  await file.chmod(Number(mode & 0o7777n))
}
