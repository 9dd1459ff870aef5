import { constants } from 'node:fs'
import { lstat, open, unlink } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { isUnread, openParts, parsePart, type Part } from '#inventory'
import type { RowSearcher } from '#trace'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { headerLinesMax, type Begin, type Counted, type Erased } from './erased.ts'

export interface FileToErase {
  readonly folder: string
  /** Relative to the folder; also a part of a file, `archive.zip!/people.csv`. */
  readonly place: string
  readonly searcher: RowSearcher
  readonly targets: readonly string[]
  /** As `OpenOptions` has it. */
  readonly scratch?: string | undefined
}

// Names of parts that one reason lists: enough to go and look.
const partsNamedMax = 5

/**
 * Unlinks a file that holds the controller's records, and syncs its directory. A part of a file goes with the file it is in. Blocked, with nothing changed,
 * when rows of others or rows that match nobody stand in any part of it beyond a header line, or a part has no rows or cannot be read: a file cannot be
 * half erased without rewriting it. A file that holds nothing of the controller's any more stays. Resolves to undefined when it is not there any more.
 */
export async function unlinkFile(file: FileToErase, begin: Begin): Promise<Erased | undefined> {
  const place = await placeOf(file)
  if (place === undefined) return undefined
  const path = resolve(join(file.folder, place))
  const parts = await countParts({ ...file, place })
  const found = parts.some((part) => part.found)
  const counted = found ? sumOf(parts) : nothing
  const because = found ? obstacle(parts) : undefined
  if (because !== undefined) return { outcome: 'blocked', counted, because }
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

interface PartCounted {
  readonly name: string
  /** Whether the controller's records are in it. */
  readonly found: boolean
  readonly counted: Counted
  /** Why it is not known row by row. */
  readonly because?: string
}

const nothing: Counted = { rows: 0, unowned: 0, ambiguous: 0 }

async function countParts(file: FileToErase): Promise<PartCounted[]> {
  const rules = new Map<string, Rules>()
  const counted: PartCounted[] = []
  for await (const part of openParts(file.folder, file.place, { scratch: file.scratch })) {
    if (isUnread(part)) {
      if (part.name === '') throw new Broken('erasure/file-unreadable', `a file to be erased could not be read: ${part.because}`)
      counted.push({ name: part.name, found: false, counted: nothing, because: part.because })
      continue
    }
    const mine = await rulesOf(file, part)
    if (part.shape !== 'rows') counted.push({ name: part.name, found: mine.targets.length > 0, counted: nothing, because: 'text without rows' })
    else if (part.partly().length > 0) counted.push({ name: part.name, found: mine.targets.length > 0, counted: nothing, because: part.partly().join('; ') })
    else if (mine.targets.length > 0) rules.set(part.name, mine)
    else if (mine.rows > 0) counted.push({ name: part.name, found: false, counted: { ...nothing, unowned: mine.rows } })
  }
  if (rules.size === 0) return counted
  for await (const part of openParts(file.folder, file.place, { scratch: file.scratch })) {
    const mine = rules.get(part.name)
    if (mine === undefined || isUnread(part)) continue
    const located = await file.searcher.locate(part.bytes, mine.targets, mine.rules, { delimiter: part.delimiter })
    const [rows, ambiguous] = [located.matched.ordinals.length, located.ambiguous.ordinals.length]
    counted.push({ name: part.name, found: true, counted: { rows, ambiguous, unowned: located.coverage.rows - rows - ambiguous } }) // rows of others, too: the file would go whole
  }
  return counted
}

interface Rules { readonly targets: readonly string[]; readonly rules: Parameters<RowSearcher['locate']>[2]; readonly rows: number }

async function rulesOf({ searcher, targets }: FileToErase, part: Part): Promise<Rules> {
  const { datasets, coverage } = await searcher.search(part.bytes, { delimiter: part.delimiter, shape: part.shape })
  const rules = datasets.filter((dataset) => dataset.verdict === 'copy').map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles }))
  return { rules, targets: targets.filter((one) => rules.some((rule) => rule.dataset === one)), rows: coverage.rows }
}

/** A header line a part is no row of anybody's; of all of them one is counted, as in a file of one part. */
function sumOf(parts: readonly PartCounted[]): Counted {
  const sum = (pick: (counted: Counted) => number): number => parts.reduce((total, part) => total + pick(part.counted), 0)
  const headers = Math.max(0, ...parts.map((part) => Math.min(part.counted.unowned, headerLinesMax)))
  return { rows: sum((one) => one.rows), ambiguous: sum((one) => one.ambiguous), unowned: sum((one) => Math.max(0, one.unowned - headerLinesMax)) + headers }
}

function obstacle(parts: readonly PartCounted[]): string | undefined {
  const named = (these: readonly PartCounted[]): string => {
    const names = these.map((part) => part.name).filter((name) => name !== '').slice(0, partsNamedMax)
    return names.length === 0 ? '' : ` (in ${names.join(', ')}${these.length > names.length ? ' and others' : ''})`
  }
  const unclear = parts.filter((part) => part.because !== undefined)
  if (unclear.length > 0) {
    return `it is not known row by row: ${[...new Set(unclear.map((part) => part.because))].join('; ')}${named(unclear)}. Look whether all of the file is this controller's, remove it or what is theirs by hand, and run the erasure again`
  }
  const mixed = parts.filter(({ counted, found }) => counted.ambiguous > 0 || counted.unowned > headerLinesMax || (!found && counted.unowned > 0))
  if (mixed.length === 0) return undefined
  const rows = mixed.reduce((total, { counted }) => total + counted.unowned + counted.ambiguous, 0)
  return `the file also holds ${rows} rows that are not known to be this controller's${named(mixed)}; a mixed file is not rewritten yet`
}
