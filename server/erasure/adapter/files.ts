import { constants } from 'node:fs'
import { lstat, open, unlink } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { openFile } from '#inventory'
import type { Searcher } from '#trace'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { headerLinesMax, type Begin, type Counted, type Erased } from './erased.ts'

export interface FileToErase {
  readonly folder: string
  /** Relative to the folder. */
  readonly place: string
  readonly searcher: Searcher
  readonly targets: readonly string[]
}

/**
 * Unlinks a file that holds the controller's records, and syncs its directory. Blocked, with nothing changed, when rows of others or rows that match
 * nobody stand in it beyond a header line: a file cannot be half erased without rewriting it. A file that holds nothing of the controller's any more
 * stays. Resolves to undefined when it is not there any more.
 */
export async function unlinkFile(file: FileToErase, begin: Begin): Promise<Erased | undefined> {
  const path = resolve(join(file.folder, file.place))
  if (!path.startsWith(resolve(file.folder) + sep)) throw new Broken('erasure/outside', 'a file to be erased lies outside its store')
  if (!(await exists(path))) return undefined
  const counted = await count(file)
  if (counted.rows > 0 && (counted.ambiguous > 0 || counted.unowned > headerLinesMax)) {
    return { outcome: 'blocked', counted, because: `the file also holds ${counted.unowned + counted.ambiguous} rows that are not known to be this controller's; a mixed file is not rewritten yet` }
  }
  await begin(counted)
  failpoint('erasure/after-begin')
  if (counted.rows === 0) return { outcome: 'erased', rows: 0, counted }
  await unlink(path)
  const directory = await open(dirname(path), constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
  return { outcome: 'erased', rows: counted.rows, counted }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then((status) => status.isFile(), (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return false
    throw cause
  })
}

async function count(file: FileToErase): Promise<Counted> {
  const found = await scan(file, (rows, options) => file.searcher.search(rows, options))
  const rules = found.datasets.filter((dataset) => dataset.verdict === 'copy').map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles }))
  const targets = file.targets.filter((one) => rules.some((rule) => rule.dataset === one))
  if (targets.length === 0) return { rows: 0, unowned: 0, ambiguous: 0 }
  const located = await scan(file, (rows, options) => file.searcher.locate(rows, targets, rules, options))
  const [rows, ambiguous] = [located.matched.ordinals.length, located.ambiguous.ordinals.length]
  return { rows, ambiguous, unowned: located.coverage.rows - rows - ambiguous } // rows of others, too: the file would go whole
}

async function scan<Result>(file: FileToErase, read: (rows: AsyncIterable<Uint8Array>, options: { delimiter: string }) => Promise<Result>): Promise<Result> {
  const opened = await openFile(file.folder, file.place)
  if (opened.outcome !== 'opened') throw new Broken('erasure/file-unreadable', `a file to be erased could not be read: ${opened.because}`)
  return read(opened.rows, { delimiter: opened.delimiter })
}
