/**
 * Walking a folder store. Only regular files inside the folder are listed; everything else is named with the reason why it was not
 * read, because a place that nobody mentions looks like a place that is clean.
 */
import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { lstat, open, readdir, realpath } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { Broken } from '#kit/errors'
import type { NotRead } from './postgres.ts'
import { codeOf, missingBelow, mustBeMounted } from './there.ts'

export interface FileEntry {
  /** Relative to the store's folder, with `/`. */
  readonly path: string
  readonly bytes: number
  /** Seconds since 1970, from the file system. */
  readonly modified: number
  /**
   * Device, inode, size, and both times to the nanosecond. Equal at two listings: the file was not written in between, as far as the file system tells:
   * a change through a memory map may be dated late, and some network file systems have coarse times.
   */
  readonly signal: string
}

export interface FolderListing {
  readonly files: readonly FileEntry[]
  readonly notRead: readonly NotRead[]
}

export interface FolderLimits {
  readonly depthMax: number
  readonly filesMax: number
}

/** Folders below folders: deeper than any real share, shallow enough to end. Files: what one listing holds in about 200 MB. */
export const folderLimits: FolderLimits = { depthMax: 64, filesMax: 1_000_000 }

/**
 * Every regular file under `root`, by path. Symbolic links are reported, not followed: what they point to is either inside the
 * folder, and listed, or outside it, and another store. Throws `Broken` when the folder itself cannot be listed, or is not mounted.
 */
export async function listFiles(root: string, limits: FolderLimits = folderLimits): Promise<FolderListing> {
  const real = await realpath(root).catch(() => root)
  mustBeMounted(real)
  const files: FileEntry[] = []
  const notRead: NotRead[] = missingBelow(real).map((point) => ({ place: relative(real, point), because: 'nothing is mounted there now, and /etc/fstab says that something is' }))
  const folders: { path: string; depth: number }[] = [{ path: '', depth: 0 }]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = await namesIn(root, folder.path, notRead)
    for (const { name, told } of names) {
      const path = folder.path === '' ? name : `${folder.path}/${name}`
      if (!told) {
        notRead.push({ place: path, because: 'its name is no UTF-8, and cannot be told: give it another, and it is read' })
        continue
      }
      if (files.length >= limits.filesMax) {
        notRead.push({ place: path, because: `more than ${limits.filesMax} files: this one and what follows were not listed` })
        return sorted(files, notRead)
      }
      const status = await lstat(join(root, path), { bigint: true }).catch(codeOf)
      if (typeof status === 'string') notRead.push({ place: path, because: `cannot be examined (${status})` })
      else if (status.isSymbolicLink()) notRead.push({ place: path, because: 'a symbolic link, not followed' })
      else if (status.isFile()) files.push({ path, bytes: Number(status.size), modified: Number(status.mtimeNs / 1_000_000_000n), signal: [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(' ') })
      else if (!status.isDirectory()) notRead.push({ place: path, because: 'not a regular file' })
      else if (folder.depth >= limits.depthMax) notRead.push({ place: path, because: `deeper than ${limits.depthMax} folders` })
      else folders.push({ path, depth: folder.depth + 1 })
    }
  }
  return sorted(files, notRead)
}

function sorted(files: FileEntry[], notRead: NotRead[]): FolderListing {
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  notRead.sort((a, b) => (a.place < b.place ? -1 : 1))
  return { files, notRead }
}

/** Names are bytes: one that is no UTF-8 would come out as another, of which nothing is there. */
async function namesIn(root: string, path: string, notRead: NotRead[]): Promise<{ readonly name: string; readonly told: boolean }[]> {
  try {
    return (await readdir(join(root, path), { encoding: 'buffer' })).map((name) => ({ name: name.toString(), told: isUtf8(name) }))
  } catch (cause) {
    if (path === '') throw new Broken('inventory/folder-unreadable', `the folder of a file store cannot be listed: ${codeOf(cause)}`, { cause })
    notRead.push({ place: path, because: `the folder cannot be listed (${codeOf(cause)})` })
    return []
  }
}

/**
 * Opens a file of the store for reading. Throws `Broken` when it cannot be opened, has become a link, or no longer lies inside the
 * folder: a swapped folder must not make a sweep read the machine's own secrets.
 */
export async function openInside(root: string, path: string): Promise<FileHandle> {
  try {
    const [home, real] = await Promise.all([realpath(root), realpath(join(root, path))])
    if (real !== join(home, path.replaceAll('/', sep))) throw new Error('the path leads elsewhere')
    return await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    throw new Broken('inventory/file-unreadable', `a file cannot be opened: ${codeOf(cause)}`, { cause })
  }
}

// The first read, and each behind one that gave less than it could: most files of a share end within it.
const firstReadBytes = 64 * 1024
const readBytes = 1024 * 1024

/** The bytes of an open file from `from` up to `to`, or to its end. Leaves it open. Throws `Broken` `inventory/file-unreadable` when it cannot be read on. */
export async function* fileBytes(handle: FileHandle, from = 0, to = Infinity): AsyncGenerator<Uint8Array> {
  let most = firstReadBytes
  for (let position = from; position < to; ) {
    const wanted = Math.min(most, to - position)
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position).catch((cause: unknown) => {
      throw new Broken('inventory/file-unreadable', `a file cannot be read on: ${codeOf(cause)}`, { cause })
    })
    if (bytesRead === 0) return
    position += bytesRead
    most = bytesRead < wanted ? firstReadBytes : readBytes
    yield buffer.subarray(0, bytesRead)
  }
}
