/** What goes whole or not at all: a file, an object of a bucket. Counted part by part, since a mixed one is not rewritten. */
import { isUnread, type Part, type PartOrUnread } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Counted, Erased } from './erased.ts'
import { watchRows } from './firstRows.ts'
import type { Searched } from './located.ts'
import { strangersInside } from './peopleInside.ts'

export interface WholeToErase extends Searched {
  /** Its parts, anew each time that it is asked; the same ones each time. */
  parts(options?: { readonly named?: boolean }): AsyncGenerator<PartOrUnread>
  /** Writes it anew without the controller's rows, when it is mixed; resolves to undefined where that cannot be done. */
  rewrite?(counted: Counted, begin: Begin): Promise<Erased | undefined>
  /** Removes it, durably. */
  remove(): Promise<void>
}

// Names of parts that one reason lists: enough to go and look.
const partsNamedMax = 5

/**
 * Removes what holds the controller's records. Blocked, with nothing changed, when rows of others or rows that match nobody stand in any part of it beyond a header line, or a part has
 * no rows or cannot be read: it cannot be half erased without rewriting it. What holds nothing of the controller's any more stays.
 */
export async function eraseWhole(whole: WholeToErase, begin: Begin): Promise<Erased> {
  const parts = await countParts(whole)
  const found = parts.some((part) => part.found)
  const counted = found ? sumOf(parts) : nothing
  const because = found ? obstacle(parts) : undefined
  if (because !== undefined) {
    const rewritten = parts.every((part) => (part.because === undefined || part.stays === true) && (part.inside ?? 0) === 0) ? await whole.rewrite?.(counted, begin) : undefined
    if (rewritten === undefined) return { outcome: 'blocked', counted, because }
    return rewritten.outcome === 'blocked' ? { ...rewritten, counted, because: `${because}; ${rewritten.because}` } : rewritten
  }
  await begin(counted)
  failpoint('erasure/after-begin')
  if (counted.rows === 0) return { outcome: 'erased', rows: 0, counted }
  await whole.remove()
  return { outcome: 'erased', rows: counted.rows, counted }
}

interface PartCounted {
  readonly name: string
  /** Whether the controller's records are in it. */
  readonly found: boolean
  readonly counted: Counted
  /** A line of column names is one of those that match nobody. */
  readonly header?: boolean
  /** Objects in lists inside its rows, of whom nothing tells that they are the controller's. */
  readonly inside?: number
  /** Why it is not known row by row. */
  readonly because?: string
  /** A text in which nobody was found: what is written anew keeps it. */
  readonly stays?: true
}

const nothing: Counted = { rows: 0, unowned: 0, ambiguous: 0 }

async function countParts(whole: WholeToErase): Promise<PartCounted[]> {
  const rules = new Map<string, Rules>()
  const counted: PartCounted[] = []
  for await (const part of whole.parts()) {
    if (isUnread(part)) {
      if (part.name === '') throw new Broken('erasure/file-unreadable', `what is to be erased could not be read: ${part.because}`)
      counted.push({ name: part.name, found: false, counted: nothing, because: part.because })
      continue
    }
    const mine = await rulesOf(whole, part)
    if (part.shape !== 'rows') counted.push({ name: part.name, found: mine.targets.length > 0, counted: nothing, because: 'text without rows', ...(mine.targets.length === 0 && part.partly().length === 0 ? { stays: true } : {}) })
    else if (part.partly().length > 0) counted.push({ name: part.name, found: mine.targets.length > 0, counted: nothing, because: part.partly().join('; ') })
    else if (mine.targets.length > 0) rules.set(part.name, mine)
    else if (mine.rows > 0) counted.push({ name: part.name, found: false, counted: { ...nothing, unowned: mine.rows } })
  }
  if (rules.size === 0) return counted
  const withLists = new Map<string, Rules & { readonly only: ReadonlySet<number> }>()
  for await (const part of whole.parts()) {
    const mine = rules.get(part.name)
    if (mine === undefined || isUnread(part)) continue
    const watched = watchRows(part.bytes, part.delimiter)
    const located = await whole.searcher.locate(watched.bytes, mine.targets, mine.rules, { delimiter: part.delimiter })
    const [rows, ambiguous] = [located.matched.ordinals.length, located.ambiguous.ordinals.length]
    const header = located.matched.ordinals[0] !== 0 && located.ambiguous.ordinals[0] !== 0 && watched.header()
    counted.push({ name: part.name, found: true, counted: { rows, ambiguous, unowned: located.coverage.rows - rows - ambiguous }, header }) // rows of others, too: the file would go whole
    if (watched.lists() || part.kind.startsWith('JSON') || part.kind === 'Parquet') withLists.set(part.name, { ...mine, only: new Set(located.matched.ordinals) })
  }
  return withLists.size === 0 ? counted : countInside(whole, counted, withLists)
}

async function countInside(whole: WholeToErase, counted: readonly PartCounted[], withLists: ReadonlyMap<string, Rules & { readonly only: ReadonlySet<number> }>): Promise<PartCounted[]> {
  const inside = new Map<string, number>()
  for await (const part of whole.parts({ named: true })) {
    const rules = withLists.get(part.name)
    if (rules !== undefined && !isUnread(part)) inside.set(part.name, await strangersInside(part, { ...rules, searcher: whole.searcher }))
  }
  return counted.map((one) => (one.found ? { ...one, inside: inside.get(one.name) ?? 0 } : one))
}

interface Rules { readonly targets: readonly string[]; readonly rules: Parameters<Searched['searcher']['locate']>[2]; readonly rows: number }

async function rulesOf({ searcher, targets }: Searched, part: Part): Promise<Rules> {
  const { datasets, coverage } = await searcher.search(part.bytes, { delimiter: part.delimiter, shape: part.shape })
  const rules = datasets.filter((dataset) => dataset.verdict === 'copy').map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles }))
  return { rules, targets: targets.filter((one) => rules.some((rule) => rule.dataset === one)), rows: coverage.rows }
}

const rowsUnowned = ({ counted, header = false }: PartCounted): number => counted.unowned - (header ? 1 : 0)

/** A header line a part is no row of anybody's; of all of them one is counted, as in a file of one part. */
function sumOf(parts: readonly PartCounted[]): Counted {
  const sum = (pick: (part: PartCounted) => number): number => parts.reduce((total, part) => total + pick(part), 0)
  const [unowned, header] = [sum(rowsUnowned), parts.some((part) => part.header === true)]
  return { rows: sum(({ counted }) => counted.rows), ambiguous: sum(({ counted }) => counted.ambiguous), unowned: unowned + (header ? 1 : 0), ...(unowned > 0 && !header ? { noHeader: true } : {}) }
}

function obstacle(parts: readonly PartCounted[]): string | undefined {
  const named = (these: readonly PartCounted[]): string => {
    const names = these.map((part) => part.name).filter((name) => name !== '').slice(0, partsNamedMax)
    return names.length === 0 ? '' : ` (in ${names.join(', ')}${these.length > names.length ? ' and others' : ''})`
  }
  const byHand = 'Look whether all of the file is this controller\'s, remove it or what is theirs by hand, and run the erasure again'
  const unclear = parts.filter((part) => part.because !== undefined)
  if (unclear.length > 0) return `it is not known row by row: ${[...new Set(unclear.map((part) => part.because))].join('; ')}${named(unclear)}. ${byHand}`
  const crowded = parts.filter(({ inside = 0 }) => inside > 0)
  const people = crowded.reduce((total, { inside = 0 }) => total + inside, 0)
  if (people > 0) return `lists inside its rows hold ${people} people who are not known to be this controller's${named(crowded)}. ${byHand}`
  const mixed = parts.filter((part) => part.counted.ambiguous > 0 || rowsUnowned(part) > 0)
  const rows = mixed.reduce((total, part) => total + rowsUnowned(part) + part.counted.ambiguous, 0)
  return rows === 0 ? undefined : `the file also holds ${rows} rows that are not known to be this controller's${named(mixed)}; it is not known how to write it anew without these`
}
