/** A folder as a store: each regular file is a place, and what is in it are its parts. */
import { listFiles } from './files.ts'
import { openParts } from './document/open.ts'
import { oneUnit, type Listing } from './searchable.ts'

/** The files under `root` as places. Throws `Broken` when the folder cannot be listed. */
export async function listFolder(root: string): Promise<Listing> {
  const { files, notRead } = await listFiles(root)
  return {
    places: files.map(({ path, bytes, signal }) => ({ place: path, bytes, signal, units: oneUnit, open: () => openParts(root, path) })),
    notRead,
  }
}
