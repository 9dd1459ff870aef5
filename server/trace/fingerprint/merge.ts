/**
 * Writes the segment of what a dataset holds now, joined with what it held before: who left it stays findable. Lists are taken part by part, so
 * that neither segment is ever held whole.
 */
import { joinComponents } from './combine.ts'
import type { ChangeTaker } from './changes.ts'
import { createLayer, createSegment, type ColumnHeader, type ListKind, type Sealing, type SegmentFile, type SegmentHeader } from './segment.ts'
import type { SortedPart, TokenSorter } from './sorter.ts'
import { concatenate, countBelow, difference, intersection, union } from './tokens.ts'

/** Whether tokens of two segments compare: made with one key from one normal form. */
export function comparable(a: Pick<SegmentHeader, 'alg' | 'norm' | 'epoch'>, b: Pick<SegmentHeader, 'alg' | 'norm' | 'epoch'>): boolean {
  return a.alg === b.alg && a.norm === b.norm && a.epoch === b.epoch
}

/** One list of the sorter, in the order of the file; its place in this is its region. */
export interface ListPlan {
  readonly kind: Exclude<ListKind, 'dropped' | 'formsDropped'>
  /** What it is in any segment of the dataset, whatever its position (`listNames`). */
  readonly name: string
  /** A token in more records is left out. */
  readonly frequencyMax: number
}

/** What became of one list. Without earlier fingerprints, `distinct` is `fresh`. */
export interface ListCount {
  /** Tokens now in the file. */
  readonly distinct: number
  /** Of them, those of the records read. */
  readonly fresh: number
  /** Pairs of records read that share a token. */
  readonly pairs: number
  /** Tokens left out. */
  readonly dropped: number
}

interface Lists {
  readonly columns: readonly { readonly name: string }[]
  readonly links: readonly { readonly a: number; readonly b: number }[]
  readonly forms: readonly { readonly column: number; readonly form: string }[]
}

/** The lists of a segment by what they are: names of columns, pairs of names, a form with its column's name. */
export function listNames(header: Lists): { readonly kind: ListKind; readonly number: number; readonly name: string }[] {
  const named = (column: number): string => header.columns[column]?.name ?? ''
  return [
    ...header.columns.map((column, number) => ({ kind: 'columns' as const, number, name: column.name })),
    ...header.links.map(({ a, b }, number) => ({ kind: 'links' as const, number, name: JSON.stringify([named(a), named(b)].sort()) })),
    ...header.forms.map(({ column, form }, number) => ({ kind: 'forms' as const, number, name: JSON.stringify([named(column), form]) })),
  ]
}

export interface Joining {
  readonly sorter: TokenSorter
  readonly lists: readonly ListPlan[]
  /** `comparable` fingerprints of the same dataset; columns that are not in `lists` any more are left out. */
  readonly before?: SegmentFile | undefined
  /** What was read are some of the rows: what was left out before stays left out, since how often a value stands in all of them is not known. */
  readonly adds?: boolean
  /** Takes what came and went since `before` in a column, where it wants to know. */
  readonly changes?: ((column: string) => ChangeTaker | undefined) | undefined
  /** The header for these counts, in the order of `lists`; thrown errors leave the file as it was. */
  readonly header: (counts: readonly ListCount[]) => SegmentHeader
}

/** What was written: the header of all files together, and the size and SHA-256 (hex) of this one. */
export interface Written { readonly header: SegmentHeader; readonly bytes: number; readonly sha256: string }

/** Writes `file`. Throws as the sorter, `createSegment` and `header` do. */
export async function writeJoined(file: string, sealing: Sealing, joining: Joining): Promise<Written> {
  const writer = await createSegment(file, sealing)
  try {
    const counts: ListCount[] = []
    const left: BigUint64Array[] = [] // left out of columns and forms: written last
    for (const [region, list] of joining.lists.entries()) {
      let [distinct, fresh, pairs, dropped] = [0, 0, 0, 0]
      for await (const part of compared(joining, region)) {
        const tokens = union(part.now, difference(part.old, part.without))
        await writer.put(tokens)
        distinct += tokens.length
        fresh += part.now.length
        pairs += part.pairs
        dropped += part.without.length
        if (list.kind !== 'links') left.push(part.without)
      }
      counts.push({ distinct, fresh, pairs, dropped })
    }
    for (const tokens of left) await writer.put(tokens)
    const whole = joining.header(counts)
    return { header: whole, ...(await writer.finish(whole)) }
  } finally {
    await writer.abandon()
  }
}

/** Layers on one whole file: each is one more to be opened and joined in every search. */
export const layersMax = 8

/** Of the tokens of the whole file, how many those of layers may be: they are held in memory, list by list, while they are joined. */
export const layersShareMax = 0.25

/** Whether rows of so many tokens may stand in a layer on these fingerprints, whose lists are the same; else the whole is written anew, and the layers go into it. */
export function isForLayer({ header, files, tokens }: SegmentFile, lists: readonly ListPlan[], more: number): boolean {
  const same = JSON.stringify(listNames(header).map(({ kind, name }) => [kind, name])) === JSON.stringify(lists.map(({ kind, name }) => [kind, name]))
  return same && files.length <= layersMax && tokens.layers + more <= tokens.whole * layersShareMax
}

/** Writes what `adds` to `before`, of which `file` is the newest file, as a layer on it; undefined where the disk cannot have that. Throws as `writeJoined` does. */
export async function writeLayer(file: string, sealing: Sealing, joining: Joining & { readonly before: SegmentFile }): Promise<Written | undefined> {
  const writer = await createLayer(file, sealing, joining.before.files)
  if (writer === undefined) return undefined
  try {
    const counts: ListCount[] = []
    const added: number[] = []
    const [left, removed]: { readonly region: number; readonly tokens: BigUint64Array }[][] = [[], []]
    for (const [region, list] of joining.lists.entries()) {
      let [distinct, fresh, pairs, dropped, came] = [0, 0, 0, 0, 0]
      for await (const part of compared(joining, region)) {
        const [here, gone] = [difference(part.now, part.old), intersection(part.old, part.without)]
        await writer.put(here)
        came += here.length
        distinct += part.old.length - gone.length + here.length
        fresh += part.now.length
        pairs += part.pairs
        dropped += part.without.length
        if (list.kind === 'links') continue
        left!.push({ region, tokens: difference(part.without, part.out) })
        removed!.push({ region, tokens: gone })
      }
      counts.push({ distinct, fresh, pairs, dropped })
      added.push(came)
    }
    for (const { tokens } of [...left!, ...removed!]) await writer.put(tokens)
    const lengths = (all: typeof left): number[] => [...Map.groupBy(all!, ({ region }) => region).values()].map((same) => same.reduce((sum, { tokens }) => sum + tokens.length, 0))
    const whole = joining.header(counts)
    return { header: whole, ...(await writer.finish(whole, { added: [...added, ...lengths(left)], removed: lengths(removed) })) }
  } finally {
    await writer.abandon()
  }
}

/** A part of one list, as it is now and as it was. */
interface Compared {
  /** Of the rows read; without those that stand too often. */
  readonly now: BigUint64Array
  readonly old: BigUint64Array
  /** Left out before. */
  readonly out: BigUint64Array
  /** Left out from now on. */
  readonly without: BigUint64Array
  readonly pairs: number
}

async function* compared({ sorter, lists, before, adds = false, changes }: Joining, region: number): AsyncGenerator<Compared> {
  const { kind, name, frequencyMax } = lists[region]!
  const same = before === undefined ? undefined : listNames(before.header).find((list) => list.kind === kind && list.name === name)
  const taker = same !== undefined && kind === 'columns' ? changes?.(name) : undefined
  const earlier = cursor(before === undefined || same === undefined ? nothing() : before.read(same.kind, same.number))
  const leftOut = cursor(!(adds || taker !== undefined) || before === undefined || same === undefined || kind === 'links' ? nothing() : before.read(kind === 'columns' ? 'dropped' : 'formsDropped', same.number))
  const changed = changesOf(taker, adds)
  for await (const { end, pairs, ...part } of sorter.sorted(region, frequencyMax)) {
    const [out, old] = [await leftOut(end), await earlier(end)]
    const now = adds ? difference(part.tokens, out) : part.tokens
    const without = adds ? union(part.dropped, out) : part.dropped
    changed({ now, old, out, without, end })
    yield { now, old, out, without, pairs }
  }
}

/** Tells what came and went in one part after another of a column. A value that stood too often, or does now, neither came nor went. */
function changesOf(taker: ChangeTaker | undefined, adds: boolean): (part: { [list in 'now' | 'old' | 'out' | 'without']: BigUint64Array } & { end: number }) => void {
  let gone = taker?.gone ?? new BigUint64Array(0)
  return ({ now, old, out, without, end }) => {
    const below = gone.subarray(0, countBelow(gone, end))
    gone = gone.subarray(below.length)
    taker?.take({ appeared: difference(difference(now, old), out), missing: adds ? new BigUint64Array(0) : difference(difference(old, without), now), back: intersection(below, now) })
  }
}

export interface Remaining {
  readonly sorter: TokenSorter
  /** The sorter's lists, in their order. */
  readonly lists: readonly { readonly kind: ListKind; readonly name: string }[]
  readonly before: SegmentFile
  /** Names what remains. */
  readonly dataset: string
  /** What remains are people who left the dataset. */
  readonly left: boolean
}

/** What remains of a segment. */
export interface RestSummary {
  readonly records: number
  readonly former: number
  /** People taken away: the most different values of one column. */
  readonly removed: number
  readonly bytes: number
  readonly sha256: string
}

/** Writes the tokens of `before` that are in none of the sorter's lists, whatever else it holds; undefined, and no file, when none remain. */
export async function writeRest(file: string, sealing: Sealing, { sorter, lists, before, dataset, left }: Remaining): Promise<RestSummary | undefined> {
  const writer = await createSegment(file, sealing)
  try {
    const counts: number[] = []
    for (const { kind, number, name } of listNames(before.header)) {
      const region = lists.findIndex((list) => list.kind === kind && list.name === name)
      let count = 0
      for await (const tokens of region < 0 ? before.read(kind, number) : withoutSorted(before.read(kind, number), sorter.sorted(region, Number.MAX_SAFE_INTEGER))) {
        await writer.put(tokens)
        count += tokens.length
      }
      counts.push(count)
    }
    const { columns, links, forms } = before.header
    if (counts.slice(0, columns.length).every((count) => count === 0)) return undefined
    for (const column of columns.keys()) for await (const tokens of before.read('dropped', column)) await writer.put(tokens)
    for (const form of forms.keys()) for await (const tokens of before.read('formsDropped', form)) await writer.put(tokens)
    const removed = Math.max(...columns.map((column, number) => column.distinct - counts[number]!))
    const records = Math.max(0, before.header.records - removed)
    const former = left ? records : Math.min(before.header.former, records)
    const written = await writer.finish({
      ...before.header, watermark: undefined, dataset, // a value that somebody else has too went with them: all rows are compared next
      records, former, columns: columns.map((column, number) => ({ ...column, distinct: counts[number]! })),
      links: links.map((link, number) => ({ ...link, distinct: counts[columns.length + number]! })), forms: forms.map((form, number) => ({ ...form, distinct: counts[columns.length + links.length + number]! })),
    })
    return { records, former, removed, ...written }
  } finally {
    await writer.abandon()
  }
}

async function* withoutSorted(tokens: AsyncGenerator<BigUint64Array<ArrayBuffer>>, taken: AsyncGenerator<SortedPart>): AsyncGenerator<BigUint64Array> {
  const earlier = cursor(tokens)
  for await (const part of taken) yield difference(await earlier(part.end), part.tokens)
}

async function* nothing(): AsyncGenerator<BigUint64Array<ArrayBuffer>> {
  // no earlier tokens
}

/** Gives the tokens of a stream up to one bound after another. */
function cursor(parts: AsyncGenerator<BigUint64Array<ArrayBuffer>>): (end: number) => Promise<BigUint64Array> {
  let held: BigUint64Array = new BigUint64Array(0)
  let ended = false
  return async (end) => {
    const taken: BigUint64Array[] = []
    for (;;) {
      const below = countBelow(held, end)
      taken.push(held.subarray(0, below))
      held = held.subarray(below)
      if (held.length > 0 || ended) return taken.length === 1 ? taken[0]! : concatenate(taken)
      const next = await parts.next()
      ended = next.done === true
      if (next.done !== true) held = next.value
    }
  }
}

/** The column whose values tell best how many people there are. */
export function fullestOf(distinct: readonly number[]): number {
  return distinct.reduce((best, count, column) => (count > (distinct[best] ?? 0) ? column : best), 0)
}

/**
 * The header of what was read, made that of the whole: who is in both counts once. `counts` are those of its lists: columns, links, forms.
 */
export function joinHeaders(now: SegmentHeader, before: SegmentHeader | undefined, counts: readonly ListCount[]): SegmentHeader {
  const [links, forms] = [now.columns.length, now.columns.length + now.links.length]
  const fullest = counts[fullestOf(counts.slice(0, links).map((count) => count.fresh))]
  const former = (fullest?.distinct ?? 0) - (fullest?.fresh ?? 0)
  const components = joinComponents(now.components, before?.components)
  return {
    ...now, records: now.records + former, former, shapes: before === undefined ? now.shapes : joinShapes(now.shapes, before.shapes), ...(components === undefined ? {} : { components }),
    columns: now.columns.map((column, number) => ({ ...column, ...knownBetter(column, before?.columns.find((one) => one.name === column.name)), distinct: counts[number]!.distinct })),
    links: now.links.map((link, number) => ({ ...link, distinct: counts[links + number]!.distinct })),
    forms: now.forms.map((form, number) => ({ ...form, distinct: counts[forms + number]!.distinct })),
  }
}

/**
 * The header of what was known and of some rows more. How many of those are new and how many only changed is not known: a new record brings a new value to every column
 * that is full in what was read, so the column that grew least says how many there are at most; exactly, where one of them never changes. Who left since is not known either, unless it is told how many rows `more` there are: whoever came and is in no row left.
 */
export function addHeaders(now: SegmentHeader, before: SegmentHeader, counts: readonly ListCount[], more?: number): { readonly header: SegmentHeader; readonly added: number } {
  const columns = counts.slice(0, now.columns.length)
  const most = Math.max(...columns.map(({ fresh }) => fresh))
  const grown = columns.flatMap(({ fresh, distinct }, number) => (fresh < most ? [] : [distinct - (before.columns.find(({ name }) => name === now.columns[number]!.name)?.distinct ?? 0)]))
  const added = Math.max(0, Math.min(...grown))
  const former = more === undefined ? before.former : Math.max(0, before.former + added - more)
  const records = more === undefined ? before.records + added : before.records - before.former + more + former
  return { added, header: { ...joinHeaders(now, before, counts), records, former } }
}

/** The reading that saw more values knows the column better: one row that is left of a large table says little of it. */
function knownBetter(now: ColumnHeader, before: ColumnHeader | undefined): Partial<ColumnHeader> {
  if (before === undefined || before.values <= now.values) return {}
  const { values, kind, bits, alone, weak } = before
  return { values, kind, bits, alone, weak }
}

function joinShapes(a: string, b: string): string {
  const [joined, more] = [Buffer.from(a, 'base64'), Buffer.from(b, 'base64')]
  for (const [at, bits] of more.entries()) joined[at]! |= bits
  return joined.toString('base64')
}
