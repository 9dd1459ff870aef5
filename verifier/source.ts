/**
 * Where a bundle's bytes come from: a directory, a zip, or in a browser a map. Paths are relative, with slashes, as
 * `ledger.md` lays a bundle out. Reading the same path twice may happen and must give the same bytes.
 */
export interface BundleSource {
  /** The bytes of a file, or `undefined` when there is none of that name. */
  readonly read: (path: string) => Uint8Array | undefined
  /** Paths of the files directly in a folder (`heads/`), in no order; empty when there is no such folder. */
  readonly list: (folder: string) => readonly string[]
}

/** Largest file of a bundle, in bytes: 256 entries of 65,535 bytes, each behind its length. Nothing else comes near. */
export const bundleFileBytesMax = 256 * (65_535 + 2)

/** A source over files held in memory; what tests and a browser use. */
export function sourceOfFiles(files: ReadonlyMap<string, Uint8Array>): BundleSource {
  const folders = new Map<string, string[]>()
  for (const path of files.keys()) {
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    folders.set(folder, [...(folders.get(folder) ?? []), path])
  }
  return { read: (path) => files.get(path), list: (folder) => folders.get(folder) ?? [] }
}
