/** Files of a data directory: which there are, which they are, and what of the values stands in them. */
import { open, readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Broken } from '#kit/errors'
import { createNeedles, needleBytesMax } from './needles.ts'
import type { FileSeen, KindSearched, Replaced } from './types.ts'

/** Bytes read at a time: what was read is searched while the next is being read. */
const pieceBytes = 1024 * 1024
/** Room in front of a piece for the end of the one before. */
const overlapBytes = 256
/** Of one directory: more is none of a database. */
const filesMax = 2_000_000
/** Links that lead from one directory into another (tablespaces, a log on another disk). */
const depthMax = 32

const isGone = (cause: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')

/**
 * Every file below `directory` that is `wanted` by its path there, links followed. What goes away meanwhile is left out. A file is told by device, inode and, where its file system keeps it, the moment it was made:
 * inodes are given out again. Throws `Broken` for what may not be listed.
 */
export async function listIdentities(directory: string, kindOf: (path: string) => string, wanted: (path: string) => boolean = () => true): Promise<FileSeen[]> {
  const seen: { kind: string; path: string; bytes: number; inode: string; made: bigint; changed: bigint }[] = []
  const walk = async (folder: string, depth: number): Promise<void> => {
    const names = await readdir(folder).catch((cause: unknown) => { if (isGone(cause)) return []; throw cause })
    for (const name of names.sort()) {
      const path = join(folder, name)
      if (!wanted(relative(directory, path))) continue
      const found = await stat(path, { bigint: true }).catch((cause: unknown) => { if (isGone(cause)) return undefined; throw cause })
      if (found?.isDirectory() === true && depth < depthMax) await walk(path, depth + 1)
      if (found?.isFile() !== true) continue
      if (seen.length >= filesMax) throw new Broken('erasure/too-many-files', `a data directory holds more than ${filesMax} files`)
      const inside = relative(directory, path)
      seen.push({ kind: kindOf(inside), path: inside, bytes: Number(found.size), inode: `${found.dev}:${found.ino}`, made: found.birthtimeNs, changed: found.ctimeNs })
    }
  }
  try {
    await walk(directory, 0)
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('erasure/data-directory', `a data directory cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}); Bailee must run where it is, as an account that may read it`, { cause })
  }
  // A file system that keeps no such moment gives that of the last change instead, which a new name moves: then the inode alone has to do.
  const kept = seen.some(({ made, changed }) => made > 0n && made < changed)
  return seen.map(({ inode, made, changed: _changed, ...file }) => ({ ...file, identity: kept ? `${inode}:${made}` : inode }))
}

/** What is searched for: values of the controller's, and planted ones that must be found. */
export interface Wanted { readonly values: readonly Uint8Array[]; readonly controls: readonly Uint8Array[] }

/** Reads the files whole and counts by kind. A file that goes away meanwhile holds nothing any more; one that may not be read throws `Broken`. */
export async function searchFiles(directory: string, files: readonly FileSeen[], { values, controls }: Wanted): Promise<KindSearched[]> {
  const needles = createNeedles([...values, ...controls])
  const buffers = [0, 1].map(() => Buffer.allocUnsafeSlow(overlapBytes + pieceBytes)) as [Buffer, Buffer]
  const kinds: KindSearched[] = []
  for (const [kind, those] of Map.groupBy(files, (file) => file.kind)) {
    const found = new Uint8Array(needles.count)
    let bytes = 0
    for (const { path } of those) bytes += await readWhole(join(directory, path), buffers, (piece, after) => needles.find(piece, piece.length, after, (needle) => { found[needle] = 1 }))
    const count = (from: number, to: number): number => found.subarray(from, to).reduce((sum, one) => sum + one, 0)
    kinds.push({ kind, files: those.length, bytes, values: count(0, values.length), controls: count(values.length, needles.count) })
  }
  return kinds.sort((one, other) => (one.kind < other.kind ? -1 : 1))
}

/** Gives each piece with the end of the one before in front of it, and reads the next meanwhile; `after` is where the new bytes begin. Resolves to the bytes there were. */
async function readWhole(path: string, [one, other]: readonly [Buffer, Buffer], look: (piece: Buffer, after: number) => void): Promise<number> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    if (isGone(cause)) return undefined
    throw new Broken('erasure/file-unread', `a file of a data directory cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause })
  })
  if (handle === undefined) return 0
  let [bytes, held] = [0, 0]
  let [buffer, next] = [one, other]
  try {
    for (let reading = handle.read(buffer, overlapBytes, pieceBytes, 0); ;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return bytes
      bytes += bytesRead
      const end = overlapBytes + bytesRead
      const kept = Math.min(held + bytesRead, needleBytesMax - 1)
      buffer.copy(next, overlapBytes - kept, end - kept, end)
      reading = handle.read(next, overlapBytes, pieceBytes, bytes)
      look(buffer.subarray(overlapBytes - held, end), held)
      held = kept;
      [buffer, next] = [next, buffer]
    }
  } finally {
    await handle.close()
  }
}

/** Of the files that held the data, those that are there still; of kinds that were written over in the files that stay (`rewritten`), none. Pure. */
export function replacedSince(before: readonly FileSeen[], now: readonly FileSeen[], rewritten: readonly string[] = []): Replaced[] {
  const there = new Set(now.map(({ identity }) => identity))
  const held = Map.groupBy(before, (file) => file.kind)
  return [...new Set([...rewritten, ...held.keys()])].map((kind) => {
    const files = held.get(kind) ?? []
    return rewritten.includes(kind) ? { kind, before: Math.max(1, files.length), left: 0 } : { kind, before: files.length, left: files.filter(({ identity }) => there.has(identity)).length }
  })
}
