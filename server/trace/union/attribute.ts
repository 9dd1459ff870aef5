/** Whose the tokens are that passed the filter: every segment once; tokens that are nobody's fall away here. */
import type { SegmentHeader } from '../fingerprint/index.ts'
import type { Hands } from './hands.ts'
import { askedOf, type Known } from './look.ts'
import type { SegmentSource } from './source.ts'

/** What one dataset knows of the tokens asked about. */
export interface Attributed {
  /** Position among the sources. */
  readonly source: number
  readonly header: SegmentHeader
  /** By list of values (`valueLists`). */
  readonly lists: readonly Known[]
}

/**
 * Asks every segment about these tokens (ascending, each once). Gives the datasets that know at least one by a column that is not weak: no
 * other can be found (`source.ts`, screenedLists). Throws what opening throws: without one segment its copies would look clean.
 */
export async function attribute(hands: Hands, sources: readonly SegmentSource[], tokens: BigUint64Array): Promise<Attributed[]> {
  if (tokens.length === 0) return []
  const asked = askedOf(tokens)
  const known = await Promise.all(sources.map((source) => hands.values(source, asked)))
  return known.flatMap((lists, source) => (lists === undefined ? [] : [{ source, header: sources[source]!.header, lists }]))
}

/** Adds what these datasets know of further tokens by their weak columns; the tokens are numbered on from `before`. */
export async function attributeWeak(hands: Hands, sources: readonly SegmentSource[], datasets: readonly Attributed[], { tokens, before }: { readonly tokens: BigUint64Array; readonly before: number }): Promise<Attributed[]> {
  if (tokens.length === 0 || !datasets.some(({ header }) => header.columns.some(({ weak }) => weak))) return [...datasets]
  const asked = askedOf(tokens)
  return Promise.all(datasets.map(async (one): Promise<Attributed> => {
    if (!one.header.columns.some(({ weak }) => weak)) return one
    const more = await hands.weakValues(sources[one.source]!, asked)
    return { ...one, lists: one.lists.map((list, number) => joinKnown(list, more[number]!, before)) }
  }))
}

function joinKnown(known: Known, more: Known, before: number): Known {
  if (more.numbers.length === 0) return known
  const join = (first: Uint32Array, second: Uint32Array): Uint32Array<ArrayBuffer> => {
    const all = new Uint32Array(first.length + second.length)
    all.set(first)
    all.set(second, first.length)
    return all
  }
  return { numbers: join(known.numbers, more.numbers.map((number) => number + before)), positions: join(known.positions, more.positions) }
}

/** Which of these links each of the datasets holds. `wanted`: by dataset and list of its links, ascending, each once. */
export async function attributeLinks(hands: Hands, sources: readonly SegmentSource[], datasets: readonly Attributed[], wanted: readonly (readonly BigUint64Array[])[]): Promise<BigUint64Array[][]> {
  return Promise.all(datasets.map(async ({ source, header }, dataset): Promise<BigUint64Array[]> => {
    const lists = wanted[dataset]!
    const asked = lists.flatMap((tokens, number) => (tokens.length === 0 ? [] : [{ number, asked: askedOf(tokens) }]))
    const known = asked.length === 0 ? [] : await hands.links(sources[source]!, asked)
    return header.links.map((_, number) => {
      const at = asked.findIndex((one) => one.number === number)
      return at < 0 ? new BigUint64Array() : BigUint64Array.from(known[at]!.numbers, (held) => lists[number]![held]!)
    })
  }))
}
