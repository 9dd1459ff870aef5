/** What goes whole or not at all: a file, an object of a bucket. Counted part by part, since a mixed one is not rewritten. */
import { isUnread, type Part, type PartOrUnread } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { headerLinesMax, type Begin, type Counted, type Erased } from './erased.ts'
import type { Searched } from './located.ts'

export interface WholeToErase extends Searched {
  /** Its parts, anew each time that it is asked; the same ones each time. */
  parts(): AsyncGenerator<PartOrUnread>
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
    const rewritten = parts.every((part) => part.because === undefined || part.stays === true) ? await whole.rewrite?.(counted, begin) : undefined
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
  for await (const part of whole.parts()) {
    const mine = rules.get(part.name)
    if (mine === undefined || isUnread(part)) continue
    const located = await whole.searcher.locate(part.bytes, mine.targets, mine.rules, { delimiter: part.delimiter })
    const [rows, ambiguous] = [located.matched.ordinals.length, located.ambiguous.ordinals.length]
    counted.push({ name: part.name, found: true, counted: { rows, ambiguous, unowned: located.coverage.rows - rows - ambiguous } }) // rows of others, too: the file would go whole
  }
  return counted
}

interface Rules { readonly targets: readonly string[]; readonly rules: Parameters<Searched['searcher']['locate']>[2]; readonly rows: number }

async function rulesOf({ searcher, targets }: Searched, part: Part): Promise<Rules> {
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
  return `the file also holds ${rows} rows that are not known to be this controller's${named(mixed)}; it is not known how to write it anew without these`
}
