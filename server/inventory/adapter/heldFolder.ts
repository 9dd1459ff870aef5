/** The folder of a file that is to be written or removed, held open: whoever puts a link in its place meanwhile leads nothing elsewhere. */
import { constants } from 'node:fs'
import { open, readlink, realpath } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { Broken } from '#kit/errors'
import { codeOf, mustBeMounted, storeFolder } from './there.ts'

export interface HeldFolder {
  /** The path of a file in it, for this process and those that it starts, while it is held. */
  path(name: string): string
  /** Makes durable which names it has. */
  sync(): Promise<void>
  close(): Promise<void>
}

const outside = (): Broken => new Broken('inventory/outside', 'a file that is to be written or removed lies outside its store, or a link leads to its folder: nothing was touched. Put the folder itself where the link is, and try again')

/**
 * Opens the folder that `place`, relative to the store's folder `root`, lies in. Undefined when it is not there. Throws `Broken` `inventory/outside` when it is reached through a link or
 * lies elsewhere, and as `storeFolder` and `mustBeMounted` do. Where the system shows no open files as paths (not Linux), the path is compared once, and used.
 */
export async function holdFolderOf(root: string, place: string): Promise<HeldFolder | undefined> {
  const real = storeFolder(root)
  const file = resolve(join(real, place))
  if (!file.startsWith(real.endsWith(sep) ? real : real + sep)) throw outside()
  const wanted = dirname(file)
  mustBeMounted(file)
  const handle = await open(wanted, constants.O_RDONLY | constants.O_DIRECTORY).catch((cause: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) return undefined
    throw new Broken('inventory/file-unreadable', `the folder of a file cannot be opened: ${codeOf(cause)}`, { cause })
  })
  if (handle === undefined) return undefined
  const held = `/proc/${process.pid}/fd/${handle.fd}`
  const shown = await readlink(held).catch(() => undefined)
  if ((shown ?? await realpath(wanted).catch(() => undefined)) !== wanted) {
    await handle.close()
    throw outside()
  }
  const at = shown === undefined ? wanted : held
  return { path: (name) => join(at, name), sync: () => handle.sync(), close: () => handle.close() }
}

/** Lends that folder to `work`; undefined when it is not there. Throws as `holdFolderOf` and `work` do. */
export async function withFolderOf<Result>(root: string, place: string, work: (folder: HeldFolder) => Promise<Result>): Promise<Result | undefined> {
  const folder = await holdFolderOf(root, place)
  if (folder === undefined) return undefined
  try {
    return await work(folder)
  } finally {
    await folder.close()
  }
}
