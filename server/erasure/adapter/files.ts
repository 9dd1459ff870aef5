import { constants, createReadStream, type BigIntStats } from 'node:fs'
import { link, lstat, open, rename, rm, unlink } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { listFiles, mustBeMounted, openParts, parsePart, storeFolder, withFolderOf, type HeldFolder, type PartOrUnread } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Erased } from './erased.ts'
import type { Searched } from './located.ts'
import { rewriteMixed, type Draft } from './rewrite/index.ts'
import { eraseWhole } from './whole.ts'

export interface FileToErase extends Searched {
  readonly folder: string
  /** Relative to the folder; also a part of a file, `archive.zip!/people.csv`. */
  readonly place: string
  /** As `OpenOptions` has it. */
  readonly scratch?: string | undefined
}

const chunkBytes = 1024 * 1024

/**
 * Unlinks a file that holds the controller's records, and syncs its directory. A part of a file goes with the file it is in. One in which others stand as well is written anew
 * without the controller's rows (`rewriteMixed`) where its kind allows; any other is blocked and left where it is, as `eraseWhole` says. Resolves to undefined when it is not there any more.
 */
export async function unlinkFile(file: FileToErase, begin: Begin): Promise<Erased | undefined> {
  const place = await placeOf(file)
  if (place === undefined) return undefined
  return withFolderOf(file.folder, place, async (folder) => {
    const path = folder.path(basename(place))
    const parts = (options = {}): AsyncGenerator<PartOrUnread> => openParts(file.folder, place, { scratch: file.scratch, ...options })
    return eraseWhole({
      ...file, parts, remove: () => removed(folder, place),
      rewrite: async (counted, start) => {
        const before = await lstat(path, { bigint: true })
        const names = before.nlink > 1n ? await otherNames(file.folder, place, before) : []
        const elsewhere = Number(before.nlink) - 1 - names.length
        if (elsewhere > 0) return { outcome: 'blocked', counted, because: `it has ${elsewhere === 1 ? 'another name' : `${elsewhere} other names`} outside this store (hard links), under which its rows would stay: find them (find MOUNT -samefile FILE), give each a file of its own or remove them, and run the erasure again` }
        return rewriteMixed({ ...file, parts, bytes: () => createReadStream(path, { highWaterMark: chunkBytes }), inFile: (work) => work(path), draft: (bytes) => draftBeside(folder, { path, before, also: { folder: file.folder, names } }, bytes) }, counted, start)
      },
    }, begin)
  })
}

/** The other names of a file (hard links) in its store. Throws as `listFiles` does. */
async function otherNames(folder: string, place: string, { dev, ino }: BigIntStats): Promise<string[]> {
  const { files } = await listFiles(storeFolder(folder))
  return files.filter(({ path, signal }) => path !== place && signal.startsWith(`${dev} ${ino} `)).map(({ path }) => path)
}

/** A name beside that of a file: always the same, so that what a killed run left is found. */
const besideOf = (path: string): string => `${path}.bailee-rewriting`

interface Replaced { readonly path: string; readonly before: BigIntStats; /** Other names of the file in its store, relative to the folder of that. */ readonly also: { readonly folder: string; readonly names: readonly string[] } }

/** Written beside the file, durably, with its owner and rights; then it takes all names of the file, and the old bytes go with the old file. */
async function draftBeside(folder: HeldFolder, { path, before, also }: Replaced, bytes: AsyncIterable<Uint8Array>): Promise<Draft> {
  const beside = besideOf(path) // never one that somebody else made and may have open
  const discard = (): Promise<void> => rm(beside, { force: true })
  await discard()
  try {
    const made = await open(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
    try {
      for await (const part of bytes) for (let at = 0; at < part.length;) at += (await made.write(part, at)).bytesWritten
      await made.chown(Number(before.uid), Number(before.gid)).catch(() => undefined) // only root may
      await made.chmod(Number(before.mode & 0o7777n))
      await made.sync()
    } finally {
      await made.close()
    }
  } catch (cause) {
    await discard()
    throw cause
  }
  const commit = async (): Promise<string | undefined> => {
    const old = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const now = await old.stat({ bigint: true })
      if (now.ino !== before.ino || now.size !== before.size || now.mtimeNs !== before.mtimeNs) throw new Broken('erasure/file-changed', 'a file was written to while rows were taken out of it; nothing was changed. Run the erasure again when nobody writes to it')
      await rename(beside, path)
      await folder.sync()
      for (const name of also.names) await withFolderOf(also.folder, name, (other) => renamed(other, { path, name: basename(name), before }))
      return (await old.stat()).nlink === 0 ? undefined : 'the file as it was got another name (a hard link) while it was written anew, and its rows may stand there: nobody can tell any more whether they do'
    } finally {
      await old.close()
    }
  }
  return { file: beside, commit, discard }
}

/** Gives another name of the old file to the new one at `path`, unless it names something else by now. Throws `Broken` where the old file was written to since: what was written stands under its names that are left. */
async function renamed(folder: HeldFolder, { path, name, before }: { readonly path: string; readonly name: string; readonly before: BigIntStats }): Promise<void> {
  const there = folder.path(name)
  const now = await lstat(there, { bigint: true }).catch(() => undefined)
  if (now?.ino !== before.ino || now.dev !== before.dev) return
  if (now.size !== before.size || now.mtimeNs !== before.mtimeNs) throw new Broken('erasure/file-changed', 'a file was written to under another of its names while it was written anew; that name keeps it, as a file of its own. Run the erasure again when nobody writes to it')
  await rm(besideOf(there), { force: true })
  await link(path, besideOf(there))
  await rename(besideOf(there), there)
  await folder.sync()
}

/** Unlinks a file that was derived, which was registered before its first row, and syncs its directory. Undefined when it is not there any more. */
export async function dropFile(file: Pick<FileToErase, 'folder' | 'place'>, begin: Begin): Promise<Erased | undefined> {
  const place = await placeOf(file)
  if (place !== file.place) return undefined
  return withFolderOf(file.folder, file.place, async (folder): Promise<Erased> => {
    const counted = { rows: 0, unowned: 0, ambiguous: 0 }
    await begin(counted)
    failpoint('erasure/after-begin')
    await removed(folder, file.place)
    return { outcome: 'erased', rows: 0, counted }
  })
}

async function removed(folder: HeldFolder, place: string): Promise<void> {
  await unlink(folder.path(basename(place)))
  await folder.sync()
}

/** The path of the file itself, when it is there: the place as it is written, or the file that the part is in. Throws `Broken` when the store is not there. */
async function placeOf({ folder, place }: Pick<FileToErase, 'folder' | 'place'>): Promise<string | undefined> {
  const root = storeFolder(folder)
  for (const one of new Set([place, parsePart(place).path])) {
    const path = resolve(join(root, one))
    if (!path.startsWith(root + sep)) throw new Broken('erasure/outside', 'a file to be erased lies outside its store')
    mustBeMounted(path)
    if (await exists(path)) return one
  }
  return undefined
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then((status) => status.isFile(), (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return false
    throw cause
  })
}
