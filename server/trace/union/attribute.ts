/** Whose the tokens are that passed the filter: every segment once, in order; tokens that are nobody's fall away here. */
import type { Segment, SegmentHeader } from '../fingerprint/index.ts'
import { isWeak } from './source.ts'
import type { SegmentSource } from './source.ts'

/** What one dataset knows of the tokens asked about. */
export interface Attributed {
  /** Position among the sources. */
  readonly source: number
  readonly header: SegmentHeader
  /** Per column, positions among the tokens asked about, ascending. */
  readonly columns: readonly Uint32Array[]
  /** The same per form; a form's hits are hits of its column. */
  readonly forms: readonly Uint32Array[]
}

/** Different values known per column, in any form. */
export function hitsByColumn({ header, columns, forms }: Attributed): number[] {
  return columns.map(({ length }, column) => forms.reduce((sum, hits, form) => sum + (header.forms[form]?.column === column ? hits.length : 0), length))
}

/**
 * Asks every segment about these tokens (ascending, each once). Gives the datasets that know at least one by a column that is not weak: no
 * other can be found (`source.ts`, screenedTokens). Throws what opening throws: without one segment its copies would look clean.
 */
export async function attribute(sources: readonly SegmentSource[], tokens: BigUint64Array): Promise<Attributed[]> {
  const found: Attributed[] = []
  if (tokens.length === 0) return found
  for (const [source, { open }] of sources.entries()) {
    const segment = await open()
    const one: Attributed = { source, header: segment.header, columns: segment.columns.map((list) => intersect(list, tokens)), forms: segment.forms.map((list) => intersect(list, tokens)) }
    if (hitsByColumn(one).some((hits, column) => hits > 0 && !isWeak(one.header, column))) found.push(one)
  }
  return found
}

/** Which of these links (ascending, each once) each of the datasets holds: per dataset and link list, positions among `links`. */
export async function attributeLinks(sources: readonly SegmentSource[], datasets: readonly Attributed[], links: BigUint64Array): Promise<Uint32Array[][]> {
  const found: Uint32Array[][] = []
  for (const { source } of datasets) found.push(links.length === 0 ? [] : (await sources[source]!.open()).links.map((list) => intersect(list, links)))
  return found
}

/** A segment with only what a place can hit of it: the search of that place finds the same, in a table of a small part of the size. */
export function reduced(header: SegmentHeader, lists: { readonly columns?: readonly BigUint64Array[]; readonly links?: readonly BigUint64Array[]; readonly forms?: readonly BigUint64Array[] }): Segment {
  const none = new BigUint64Array()
  return {
    header, columns: header.columns.map((_, column) => lists.columns?.[column] ?? none), links: header.links.map((_, link) => lists.links?.[link] ?? none),
    forms: header.forms.map((_, form) => lists.forms?.[form] ?? none), dropped: header.columns.map(() => none),
  }
}

/** A dataset that counts among those asked about, and has nothing in the place. */
export const emptied = (header: SegmentHeader): Segment => reduced(header, {})

/** Tokens at these positions. */
export const pick = (tokens: BigUint64Array, positions: Uint32Array): BigUint64Array => BigUint64Array.from(positions, (at) => tokens[at]!)

/**
 * Positions of those `wanted` that stand in the list; both ascending. Steps through the list by guesses, since tokens are spread evenly, so
 * that few wanted tokens cost few looks. Works on halves: 64-bit integers one by one are ten times slower.
 */
export function intersect(list: BigUint64Array, wanted: BigUint64Array): Uint32Array {
  const own = new Uint32Array(list.buffer, list.byteOffset, list.length * 2)
  const asked = new Uint32Array(wanted.buffer, wanted.byteOffset, wanted.length * 2)
  const found = new Uint32Array(Math.min(list.length, wanted.length))
  let count = 0
  let at = 0
  for (let next = 0; next < wanted.length && at < list.length; next += 1) {
    const low = asked[next * 2]!
    const high = asked[next * 2 + 1]!
    at = firstNotBelow(own, at, low, high)
    if (at < list.length && own[at * 2] === low && own[at * 2 + 1] === high) found[count++] = next
  }
  return found.slice(0, count)
}

/** Doubles its step until it is past the token, then halves. */
function firstNotBelow(own: Uint32Array, from: number, low: number, high: number): number {
  const below = (at: number): boolean => own[at * 2 + 1]! < high || (own[at * 2 + 1] === high && own[at * 2]! < low)
  const length = own.length / 2
  let step = 1
  let start = from
  while (start + step < length && below(start + step)) {
    start += step
    step *= 2
  }
  let end = Math.min(length, start + step + 1)
  while (start < end) {
    const middle = (start + end) >>> 1
    if (below(middle)) start = middle + 1
    else end = middle
  }
  return start
}
