/** A folder as a store: each regular file is a place, and what is in it are its parts. */
import { Broken } from '#kit/errors'
import { openParts, type OpenOptions } from './document/open.ts'
import { rangeBytes, rangesOf } from './document/range.ts'
import { listFiles, type FileEntry } from './files.ts'
import { wholeUnit, type ListedPlace, type Listing } from './searchable.ts'

/** The files under `root` as places; large texts in ranges of `size` bytes. Throws `Broken` when the folder cannot be listed. */
export async function listFolder(root: string, options: OpenOptions = {}, size: number = rangeBytes): Promise<Listing> {
  const { files, notRead } = await listFiles(root)
  const places: ListedPlace[] = []
  for (const file of files) places.push(await placeOf(root, file, { options, size }))
  return { places, notRead }
}

async function placeOf(root: string, { path, bytes, signal }: FileEntry, { options, size }: { options: OpenOptions; size: number }): Promise<ListedPlace> {
  const ranges = bytes < 2 * size ? undefined : await rangesOf(root, path, size).catch((cause: unknown) => {
    if (cause instanceof Broken) return undefined // opening it says why
    throw cause
  })
  const units = ranges?.map(({ from, to }, index) => `bytes ${from}-${index === ranges.length - 1 ? '' : to}`) ?? [wholeUnit]
  return { place: path, bytes, signal, units: () => units, open: (unit) => openParts(root, path, { ...options, ...rangeOf(unit) }) }
}

const unitPattern = /^bytes (\d{1,15})-(\d{1,15})?$/

/** The last range has no end, so that lines that are added meanwhile are read. */
function rangeOf(unit: string): OpenOptions {
  if (unit === wholeUnit) return {}
  const [, from, to] = unitPattern.exec(unit) ?? []
  if (from === undefined) throw new Broken('inventory/no-unit', 'a unit of a file is named as none is')
  return { range: { from: Number(from), to: to === undefined ? Number.MAX_SAFE_INTEGER : Number(to) } }
}
