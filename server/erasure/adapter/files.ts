import { lstat, unlink } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { mustBeMounted, openParts, parsePart, storeFolder } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Erased } from './erased.ts'
import type { Searched } from './located.ts'
import { rewriteText } from './rewriteText.ts'
import { syncDirectory } from './syncDirectory.ts'
import { eraseWhole } from './whole.ts'

export interface FileToErase extends Searched {
  readonly folder: string
  /** Relative to the folder; also a part of a file, `archive.zip!/people.csv`. */
  readonly place: string
  /** As `OpenOptions` has it. */
  readonly scratch?: string | undefined
}

/**
 * Unlinks a file that holds the controller's records, and syncs its directory. A part of a file goes with the file it is in. A text of rows in which others stand as well is written anew
 * without the controller's (`rewriteText`); any other is blocked and left where it is, as `eraseWhole` says. Resolves to undefined when it is not there any more.
 */
export async function unlinkFile(file: FileToErase, begin: Begin): Promise<Erased | undefined> {
  const place = await placeOf(file)
  if (place === undefined) return undefined
  const path = resolve(join(file.folder, place))
  return eraseWhole({ ...file, parts: () => openParts(file.folder, place, { scratch: file.scratch }), remove: () => removed(path), rewrite: (start) => rewriteText({ ...file, place, path }, start) }, begin)
}

/** Unlinks a file that was derived, which was registered before its first row, and syncs its directory. Undefined when it is not there any more. */
export async function dropFile(file: Pick<FileToErase, 'folder' | 'place'>, begin: Begin): Promise<Erased | undefined> {
  const place = await placeOf(file)
  if (place !== file.place) return undefined
  const counted = { rows: 0, unowned: 0, ambiguous: 0 }
  await begin(counted)
  failpoint('erasure/after-begin')
  await removed(resolve(join(file.folder, place)))
  return { outcome: 'erased', rows: 0, counted }
}

async function removed(path: string): Promise<void> {
  await unlink(path)
  await syncDirectory(dirname(path))
}

/** The path of the file itself, when it is there: the place as it is written, or the file that the part is in. Throws `Broken` when the store is not there. */
async function placeOf({ folder, place }: Pick<FileToErase, 'folder' | 'place'>): Promise<string | undefined> {
  storeFolder(folder)
  for (const one of new Set([place, parsePart(place).path])) {
    const path = resolve(join(folder, one))
    if (!path.startsWith(resolve(folder) + sep)) throw new Broken('erasure/outside', 'a file to be erased lies outside its store')
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
