// What was dropped or chosen: a zip, a folder, receipts.
import { Malformed } from '../malformed.ts'
import { bundleFileBytesMax, sourceOfFiles } from '../source.ts'
import type { BundleSource } from '../source.ts'
import { packedMembers } from '../zip.ts'
import { openZipLater } from './zip.ts'

/** A file that was dropped or chosen; `path` is its place in its folder. */
export interface Given { readonly path: string; readonly file: File }

/** Evidence that was read into memory, and how much of it. */
export interface Evidence { readonly source: BundleSource; readonly count: number; readonly bytes: number }

export const bytesOfFile = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer())
export const isReceipt = async ({ file }: Given): Promise<boolean> => (await file.slice(0, 18).text()) === 'bailee-receipt/v1\n'

/** A bundle as a zip or as a folder. Throws `Malformed` for a zip that is none, and for several files. */
export async function evidenceIn(given: readonly Given[]): Promise<Evidence> {
  const [first] = given
  if (given.length === 1 && first !== undefined && !first.path.includes('/')) {
    const bytes = await bytesOfFile(first.file)
    return { source: await openZipLater(bytes), count: packedMembers(bytes).length, bytes: bytes.length }
  }
  if (given.length > 1 && given.every(({ path }) => !path.includes('/'))) throw new Malformed('source/files', 'several files: a bundle is one zip or one folder, with receipts beside it; a policy goes below')
  const folder = first === undefined ? 0 : first.path.indexOf('/') + 1
  const files = new Map<string, Uint8Array>()
  for (const { path, file } of given) if (file.size <= bundleFileBytesMax) files.set(path.slice(folder), await bytesOfFile(file))
  return { source: sourceOfFiles(files), count: files.size, bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0) }
}

/** Files below what was dropped, folders walked through. */
export async function givenIn(entry: FileSystemEntry, path: string): Promise<Given[]> {
  if (entry.isFile) return [{ path, file: await new Promise<File>((resolve, reject) => { (entry as FileSystemFileEntry).file(resolve, reject) }) }]
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: Given[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => { reader.readEntries(resolve, reject) })
    if (some.length === 0) return found
    for (const one of some) found.push(...await givenIn(one, `${path}/${one.name}`))
  }
}
