import { constants } from 'node:fs'
import { lstat, open, unlink } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { openParts, parsePart } from '#inventory'
import { Broken } from '#kit/errors'
import type { Begin, Erased } from './erased.ts'
import type { Searched } from './located.ts'
import { eraseWhole } from './whole.ts'

export interface FileToErase extends Searched {
  readonly folder: string
  /** Relative to the folder; also a part of a file, `archive.zip!/people.csv`. */
  readonly place: string
  /** As `OpenOptions` has it. */
  readonly scratch?: string | undefined
}

/**
 * Unlinks a file that holds the controller's records, and syncs its directory. A part of a file goes with the file it is in. Blocked and left where it is as `eraseWhole` says. Resolves to
 * undefined when it is not there any more.
 */
export async function unlinkFile(file: FileToErase, begin: Begin): Promise<Erased | undefined> {
  const place = await placeOf(file)
  if (place === undefined) return undefined
  const path = resolve(join(file.folder, place))
  return eraseWhole({ ...file, parts: () => openParts(file.folder, place, { scratch: file.scratch }), remove: () => removed(path) }, begin)
}

async function removed(path: string): Promise<void> {
  await unlink(path)
  const directory = await open(dirname(path), constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** The path of the file itself, when it is there: the place as it is written, or the file that the part is in. */
async function placeOf({ folder, place }: FileToErase): Promise<string | undefined> {
  for (const one of new Set([place, parsePart(place).path])) {
    const path = resolve(join(folder, one))
    if (!path.startsWith(resolve(folder) + sep)) throw new Broken('erasure/outside', 'a file to be erased lies outside its store')
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
