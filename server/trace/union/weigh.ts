/** From the rows that screening kept to the question whether any dataset may have a copy here. Pure. */
import { addPart, distinct, emptyList } from '../fingerprint/tokens.ts'
import { judge } from '../search/verdict.ts'
import type { Verdict } from '../search/verdict.ts'
import type { Attributed } from './attribute.ts'
import { logWords } from './screen.ts'
import { isWeak } from './source.ts'

/** Hits kept of one row, and weak ones among them: the scanner's own figures (`assembly/state.ts`). */
const rowHitsMax = 128
const rowWeakHitsMax = 32

/** Links asked about in one place at the most: more is a copy, or so much chance that reading the place again is cheaper. */
export const linksMax = 2_000_000

/** Tokens of a log, ascending, each once. */
export function loggedTokens(log: Uint32Array): BigUint64Array {
  const halves = new Uint32Array((log.length / logWords) * 2)
  for (let entry = 0; entry * logWords < log.length; entry += 1) {
    halves[entry * 2] = log[entry * logWords]!
    halves[entry * 2 + 1] = log[entry * logWords + 1]!
  }
  const list = emptyList()
  addPart(list, new BigUint64Array(halves.buffer))
  return distinct(list, Number.MAX_SAFE_INTEGER).tokens
}

/** A value of the row that a dataset knows: position among the tokens, and of the dataset among those attributed. */
interface Hit { readonly token: number; readonly dataset: number; readonly column: number; readonly weak: boolean }

/** Rows of a place as hits of datasets. */
export interface HitRows { readonly tokens: BigUint64Array; readonly datasets: readonly Attributed[]; readonly rows: readonly (readonly Hit[])[] }

/** The rows of the log with the hits of datasets in them. */
export function hitRows(log: Uint32Array, tokens: BigUint64Array, datasets: readonly Attributed[]): HitRows {
  const owners = new Map<number, Hit[]>()
  for (const [dataset, { header, columns, forms }] of datasets.entries()) {
    const lists = [...columns.entries(), ...forms.map((hits, form) => [header.forms[form]!.column, hits] as const)]
    for (const [column, hits] of lists) {
      for (const token of hits) {
        const list = owners.get(token) ?? []
        owners.set(token, list)
        list.push({ token, dataset, column, weak: isWeak(header, column) })
      }
    }
  }
  const known = new Map([...owners].map(([token, hits]) => [tokens[token]!, hits]))
  const values = new BigUint64Array(log.buffer, log.byteOffset, log.length / 2)
  const rows: Hit[][] = []
  for (let entry = 0, count = log.length / logWords; entry < count; ) {
    const row = log[entry * logWords + 3]!
    const hits: Hit[] = []
    for (; entry < count && log[entry * logWords + 3] === row; entry += 1) hits.push(...(known.get(values[entry * 2]!) ?? []))
    if (hits.length > 0) rows.push(kept(hits))
  }
  return { tokens, datasets, rows }
}

function kept(hits: Hit[]): Hit[] {
  if (hits.length <= rowWeakHitsMax) return hits
  let weak = 0
  return hits.filter((hit) => !hit.weak || (weak += 1) <= rowWeakHitsMax).slice(0, rowHitsMax)
}

/** Pairs of hits that one record may hold together: of one dataset, of different columns, not both weak (`assembly/row.ts`, linkHits). */
function* pairsOf(row: readonly Hit[]): Generator<readonly [number, number]> {
  for (let a = 0; a < row.length; a += 1) {
    for (let b = a + 1; b < row.length; b += 1) {
      if (row[a]!.dataset === row[b]!.dataset && row[a]!.column !== row[b]!.column && !(row[a]!.weak && row[b]!.weak)) yield [a, b]
    }
  }
}

export type LinkOf = (a: bigint, b: bigint) => bigint

/** The links that decide about these rows, ascending, each once; undefined when there are more than `linksMax`. */
export function linksAsked({ rows, tokens }: HitRows, linkOf: LinkOf): BigUint64Array | undefined {
  const asked = new Set<bigint>()
  for (const row of rows) {
    for (const [a, b] of pairsOf(row)) asked.add(linkOf(tokens[row[a]!.token]!, tokens[row[b]!.token]!))
    if (asked.size > linksMax) return undefined
  }
  return BigUint64Array.from(asked).sort()
}

export interface Asked {
  /** Rows of the place. */
  readonly rows: number
  /** Datasets asked about at once. */
  readonly datasets: number
  readonly linkOf: LinkOf
  /** Per attributed dataset, the links it holds. */
  readonly links: readonly ReadonlySet<bigint>[]
}

interface Sums { readonly linked: Map<number, number>; readonly single: Map<number, number>; readonly seen: ReadonlySet<number>[] & Set<number>[] }

/**
 * The verdict on each attributed dataset, by the rules and with the rows of the exact search; only its people are counted a little too
 * generously, so that none is lost: what is a copy there is a copy here.
 */
export function weigh(hits: HitRows, asked: Asked): Verdict[] {
  const sums = hits.datasets.map(({ header }): Sums => ({ linked: new Map(), single: new Map(), seen: header.columns.map(() => new Set<number>()) }))
  for (const row of hits.rows) addRow(row, hits, asked, sums)
  return hits.datasets.map(({ header }, dataset) => {
    const { linked, single, seen } = sums[dataset]!
    return judge(header, { rows: asked.rows, datasets: asked.datasets, linked, single, fields: [], distinct: seen.map(({ size }) => ({ hit: size, linked: size })) })
  })
}

function addRow(row: readonly Hit[], { tokens }: HitRows, { linkOf, links }: Asked, sums: readonly Sums[]): void {
  const linkedHits = new Set<number>()
  for (const [a, b] of pairsOf(row)) {
    if (!links[row[a]!.dataset]!.has(linkOf(tokens[row[a]!.token]!, tokens[row[b]!.token]!))) continue
    linkedHits.add(a).add(b)
  }
  const claimed = linkedHits.size > 0
  const masks = new Map<number, { hit: number; linked: number }>()
  for (const [at, { dataset, column, token }] of row.entries()) {
    const mask = masks.get(dataset) ?? { hit: 0, linked: 0 }
    masks.set(dataset, mask)
    mask.hit |= 1 << column
    if (linkedHits.has(at)) mask.linked |= 1 << column
    if (linkedHits.has(at) || !claimed) sums[dataset]!.seen[column]!.add(token)
  }
  for (const [dataset, { hit, linked }] of masks) {
    const { linked: byLink, single } = sums[dataset]!
    if (linked !== 0) byLink.set(linked, (byLink.get(linked) ?? 0) + 1)
    else if (!claimed) single.set(hit, (single.get(hit) ?? 0) + 1)
  }
}
