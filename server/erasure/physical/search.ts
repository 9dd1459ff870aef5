/** Files of a data directory: which there are, which they are, and what of the values stands in them. */
import { open, readdir, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { Worker } from 'node:worker_threads'
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

/** A part of a file that one thread reads; `to` may lie behind the end. */
interface FileRange { readonly path: string; readonly kind: number; readonly from: number; readonly to: number }

/** What a thread is given at a time, and below which it is not worth starting one. */
const rangeBytes = 32 * 1024 * 1024
const threadsMax = 8

/** Reads the files whole, on several threads where there is much, and counts by kind. A file that goes away meanwhile holds nothing any more; one that may not be read throws `Broken`. */
export async function searchFiles(directory: string, files: readonly FileSeen[], { values, controls }: Wanted): Promise<KindSearched[]> {
  const kinds = [...Map.groupBy(files, (file) => file.kind)].map(([kind, those]) => ({ kind, files: those, bytes: 0, found: new Uint8Array(values.length + controls.length) }))
  const ranges = kinds.flatMap(({ files: those }, kind) => those.flatMap(({ path, bytes }) => rangesOf(bytes).map((range): FileRange => ({ path, kind, ...range }))))
  const threads = Math.min(threadsMax, availableParallelism(), Math.floor(ranges.reduce((sum, { from, to }) => sum + (Number.isFinite(to) ? to - from : rangeBytes / 2), 0) / rangeBytes))
  const hands = threads > 1 ? Array.from({ length: threads }, () => threadFor(directory, [...values, ...controls])) : [{ search: createRangeSearch(directory, [...values, ...controls]), end: () => Promise.resolve() }]
  let next = 0
  try {
    await Promise.all(hands.map(async ({ search }) => {
      for (let range = ranges[next]; range !== undefined; range = ranges[next]) {
        next += 1
        const { bytes, found } = await search(range)
        const kind = kinds[range.kind]!
        kind.bytes += bytes
        for (const needle of found) kind.found[needle] = 1
      }
    }))
  } finally {
    await Promise.all(hands.map(({ end }) => end()))
  }
  const count = (found: Uint8Array, from: number, to: number): number => found.subarray(from, to).reduce((sum, one) => sum + one, 0)
  return kinds.map(({ kind, files: those, bytes, found }): KindSearched => ({ kind, files: those.length, bytes, values: count(found, 0, values.length), controls: count(found, values.length, found.length) }))
    .sort((one, other) => (one.kind < other.kind ? -1 : 1))
}

/** The last one goes on to wherever the file ends by then. */
function rangesOf(bytes: number): { from: number; to: number }[] {
  const count = Math.max(1, Math.ceil(bytes / rangeBytes))
  return Array.from({ length: count }, (_, at) => ({ from: at * rangeBytes, to: at === count - 1 ? Infinity : (at + 1) * rangeBytes }))
}

/** What was found in a range: numbers of needles that end in it, and its bytes. */
export interface RangeSearched { readonly bytes: number; readonly found: readonly number[] }
export type RangeSearch = (range: Pick<FileRange, 'path' | 'from' | 'to'>) => Promise<RangeSearched>

/** A search of ranges, one after another, in buffers of its own. */
export function createRangeSearch(directory: string, wanted: readonly Uint8Array[]): RangeSearch {
  const needles = createNeedles(wanted, 2 * (overlapBytes + pieceBytes) + overlapBytes)
  const buffers = [0, 1].map((at) => Buffer.from(needles.room.buffer, needles.room.byteOffset + at * (overlapBytes + pieceBytes), overlapBytes + pieceBytes)) as [Buffer, Buffer]
  return async ({ path, ...range }) => {
    const found = new Set<number>()
    const bytes = await readRange(join(directory, path), { range, buffers, look: (piece, after) => needles.find(piece, piece.length, after, (needle) => { found.add(needle) }) })
    return { bytes, found: [...found] }
  }
}

/** What a thread answers: what it found, or why it could not read. */
export type ThreadAnswer = RangeSearched | { readonly code: string; readonly because: string }

function threadFor(directory: string, wanted: readonly Uint8Array[]): { readonly search: RangeSearch; readonly end: () => Promise<void> } {
  const worker = new Worker(new URL('./search.worker.ts', import.meta.url), { workerData: { directory, wanted }, execArgv: [] })
  let settle: { resolve: (answer: RangeSearched) => void; reject: (cause: unknown) => void } | undefined
  let failed: Error | undefined
  const fail = (cause?: unknown): void => {
    failed ??= new Broken('erasure/thread-ended', 'a thread of the search of files ended; run the erasure again', { cause })
    settle?.reject(failed)
  }
  worker.on('message', (answer: ThreadAnswer) => {
    if ('because' in answer) settle?.reject(new Broken(answer.code, answer.because))
    else settle?.resolve(answer)
  })
  worker.on('error', fail)
  worker.on('exit', () => fail())
  return {
    search: (range) => new Promise((resolve, reject) => {
      settle = { resolve, reject }
      if (failed === undefined) worker.postMessage(range)
      else reject(failed)
    }),
    end: async () => { await worker.terminate() },
  }
}

interface Reading { readonly range: { readonly from: number; readonly to: number }; readonly buffers: readonly [Buffer, Buffer]; readonly look: (piece: Buffer, after: number) => void }

/** Gives each piece with the end of the one before in front of it, and reads the next meanwhile; `after` is where the new bytes begin. Resolves to the bytes there were in the range. */
async function readRange(path: string, { range: { from, to }, buffers: [one, other], look }: Reading): Promise<number> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    if (isGone(cause)) return undefined
    throw new Broken('erasure/file-unread', `a file of a data directory cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause })
  })
  if (handle === undefined) return 0
  let [bytes, held] = [0, Math.min(from, needleBytesMax - 1)]
  let [buffer, next] = [one, other]
  try {
    if (held > 0 && (await handle.read(buffer, overlapBytes - held, held, from - held)).bytesRead < held) return 0 // it ends before by now
    for (let reading = handle.read(buffer, overlapBytes, Math.min(pieceBytes, to - from), from); ;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return bytes
      bytes += bytesRead
      const end = overlapBytes + bytesRead
      const kept = Math.min(held + bytesRead, needleBytesMax - 1)
      buffer.copy(next, overlapBytes - kept, end - kept, end)
      const more = Math.min(pieceBytes, to - from - bytes)
      reading = more === 0 ? Promise.resolve({ bytesRead: 0, buffer: next }) : handle.read(next, overlapBytes, more, from + bytes)
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
