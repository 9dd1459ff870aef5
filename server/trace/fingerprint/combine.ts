/**
 * Combinations: a birth date with one or two names of the same record, as further columns. Alone each value is everybody's; together they are nearly nobody
 * else's. Which there are, how many the column could hold, and what the scanner must know to find their parts in a row (`assembly/combine.ts`).
 */
import { Buffer } from 'node:buffer'
import type { ColumnProfile } from './profile.ts'
import type { ColumnHeader, ComponentsHeader, SegmentHeader } from './segment.ts'

/** What a column that does not identify may be in a combination. */
export type CombineAs = 'date' | 'name'

export interface Component {
  readonly name: string
  readonly combine: CombineAs
}

/** A column of the segment made of others: the date first. */
export interface Combination {
  readonly name: string
  readonly of: readonly string[]
}

/** Components of one dataset: a date and names. */
export const componentsMax = 4

/** Bits of the scanner's set of components. */
export const componentBits = 20

// Names of one people go together, with its regions and its years: what counting apart does not see.
const marginBits = 2

// Nobody knows more people than there are: 8 billion.
const peopleBits = 33

// Below this a table of some hundred thousand rows shares many by chance: such a combination is left to stronger columns.
const weakBits = 24

const buckets = 2 ** 17

/** The columns that may be combined: the first date, and up to three names. Empty when there is no date or no name. */
export function componentsOf(columns: readonly { readonly name: string; readonly combine?: CombineAs | undefined }[]): Component[] {
  const all = columns.flatMap(({ name, combine }): Component[] => (combine === undefined ? [] : [{ name, combine }]))
  const [dates, names] = [all.filter(({ combine }) => combine === 'date'), all.filter(({ combine }) => combine === 'name')]
  return dates.length === 0 || names.length === 0 ? [] : [dates[0]!, ...names.slice(0, componentsMax - 1)]
}

/** What was counted of one component. */
export interface ComponentCount {
  readonly values: number
  readonly different: number
  /** log2 of the effective number of values: of the chance that two records share one, and of nothing finer than the count can tell. */
  readonly bits: number
}

export interface ComponentCounter {
  add(component: number, tokens: BigUint64Array): void
  count(component: number): ComponentCount
  /** The components met, by the lowest bits of their tokens, in base64: as few bits as keep one in eight set. */
  known(): string
}

/** Counts how often values of each component are met, in fixed memory: by 2^17 buckets of tokens, whose own chance to coincide is taken off. */
export function createComponentCounter(components: number): ComponentCounter {
  const counts = Array.from({ length: components }, () => new Uint32Array(buckets))
  const met = new Uint8Array(2 ** componentBits / 8)
  return {
    add: (component, tokens) => {
      const own = counts[component]!
      const halves = new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2)
      for (let at = 0; at < halves.length; at += 2) {
        const low = halves[at]!
        own[low & (buckets - 1)]! += 1
        met[(low & (2 ** componentBits - 1)) >>> 3]! |= 1 << (low & 7)
      }
    },
    count: (component) => countOf(counts[component]!),
    known: () => {
      let bits = componentBits
      const set = met.reduce((sum, byte) => sum + ones(byte), 0)
      while (bits > 10 && 2 ** (bits - 1) >= set * 8) bits -= 1
      return Buffer.from(folded(met, bits)).toString('base64')
    },
  }
}

function countOf(counts: Uint32Array): ComponentCount {
  let values = 0
  let pairs = 0
  let empty = 0
  for (const count of counts) {
    values += count
    pairs += count * (count - 1)
    if (count === 0) empty += 1
  }
  if (values < 2) return { values, different: values, bits: 0 }
  const chance = (pairs / values / (values - 1) - 1 / buckets) / (1 - 1 / buckets)
  const unsure = (2 * Math.sqrt(2 / buckets)) / values // twice the deviation of the buckets' own pairs
  return { values, different: Math.round(-buckets * Math.log(Math.max(1, empty) / buckets)), bits: Math.max(0, -Math.log2(Math.min(1, Math.max(0, chance) + unsure))) }
}

function folded(met: Uint8Array, bits: number): Uint8Array {
  const out = new Uint8Array(2 ** bits / 8)
  for (const [at, byte] of met.entries()) out[at & (out.length - 1)]! |= byte
  return out
}

function ones(byte: number): number {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1
  return count
}

/**
 * The combinations of a dataset: the date with the two names of most different values; and with the first of these, where that may name people alone, or there is
 * one name only. As many as there is room for.
 */
export function combinationsFor(components: readonly Component[], counter: ComponentCounter, room: number): Combination[] {
  if (components.length === 0) return []
  const names = components.slice(1).map(({ name }, at) => ({ name, ...counter.count(at + 1) })).filter(({ different }) => different > 1).sort((a, b) => b.different - a.different)
  const date = components[0]!.name
  const withOne = names.length === 1 || (names.length > 1 && counter.count(0).bits + names[0]!.bits - marginBits >= weakBits)
  const of = [...(names.length > 1 ? [[date, names[0]!.name, names[1]!.name]] : []), ...(withOne ? [[date, names[0]!.name]] : [])]
  return of.slice(0, room).map((parts) => ({ name: parts.join(' + '), of: parts }))
}

/** Those of a header that can be made of these components. */
export function combinationsOf({ columns }: SegmentHeader, components: readonly Component[]): Combination[] {
  return columns.flatMap(({ name, of }) => (of?.every((part) => components.some((component) => component.name === part)) === true ? [{ name, of }] : []))
}

/** What the named columns are in the combinations of a header; a column that is in none has no part in them. */
export function combineAs({ columns }: Pick<SegmentHeader, 'columns'>, name: string): CombineAs | undefined {
  const at = columns.map(({ of }) => of?.indexOf(name) ?? -1).find((position) => position >= 0)
  return at === undefined ? undefined : at === 0 ? 'date' : 'name'
}

/**
 * The profiles of combinations, the fullest first. A column could hold as many values as its parts together, were they independent; less where the fewer
 * parts are seen to be not, or where more records share one (`pairs`) than that would give; less some bits for what neither shows.
 */
export function combinationProfiles(combinations: readonly Combination[], components: readonly Component[], counted: { readonly counter: ComponentCounter; readonly pairs: readonly number[] }): ColumnProfile[] {
  const component = (name: string): ComponentCount => counted.counter.count(components.findIndex((one) => one.name === name))
  const bitsByName = new Map<string, number>()
  const profiles = new Map<Combination, ColumnProfile>()
  for (const [at, combination] of [...combinations.entries()].reverse()) { // those of fewer parts stand last
    const counts = combination.of.map(component)
    const values = Math.min(...counts.map((count) => count.values))
    const parts = combination.of.slice(0, -1).join(' + ')
    const open = (bitsByName.get(parts) ?? counts.slice(0, -1).reduce((sum, { bits }) => sum + bits, 0)) + counts.at(-1)!.bits
    const pairs = counted.pairs[at] ?? 0
    const bits = Math.max(0, Math.min(open, pairs === 0 ? Infinity : Math.log2((values * values) / (2 * pairs))))
    bitsByName.set(combination.name, bits)
    const sure = Math.max(0, Math.min(bits, peopleBits) - marginBits)
    profiles.set(combination, { kind: 'combination', values, bits: sure, alone: sure >= weakBits, weak: sure < weakBits })
  }
  return combinations.map((combination) => profiles.get(combination)!)
}

/** Links of the combinations: the fullest with each of the first `columns`, or with the hub alone. Combinations of one date say the same: they are not linked with each other. */
export function combinationPairs(combinations: readonly Combination[], columns: number, hub: number | undefined): [number, number][] {
  if (combinations.length === 0) return []
  return Array.from({ length: columns }, (_, column) => column).filter((column) => hub === undefined || column === hub).map((column): [number, number] => [column, columns])
}

/** Joins what was known of components with what is. */
export function joinComponents(now: ComponentsHeader | undefined, before: ComponentsHeader | undefined): ComponentsHeader | undefined {
  if (now === undefined || before === undefined) return now
  const or = (a: string, b: string): string => {
    const [one, other] = [Buffer.from(a, 'base64'), Buffer.from(b, 'base64')].sort((x, y) => y.length - x.length) as [Buffer, Buffer]
    for (const at of one.keys()) one[at]! |= other[at & (other.length - 1)]!
    return one.toString('base64')
  }
  return { shapes: or(now.shapes, before.shapes), known: or(now.known, before.known) }
}

/** Kinds of combinations of these datasets, as the scanner's `combinations`: 1 a date with one name, 2 with two. */
export function combinationKinds(headers: readonly SegmentHeader[]): number {
  return headers.flatMap(({ columns }) => columns).reduce((kinds, { of }: ColumnHeader) => (of === undefined ? kinds : kinds | (of.length === 2 ? 1 : 2)), 0)
}

/** Adds what a dataset's combinations are made of to the scanner's shapes and set of components. */
export function addComponents({ components }: SegmentHeader, shapes: Uint8Array, bits: Uint8Array): void {
  if (components === undefined) return
  for (const [at, byte] of Buffer.from(components.shapes, 'base64').entries()) for (let bit = 0; bit < 8; bit += 1) if ((byte >> bit) & 1) shapes[at * 8 + bit]! |= 2
  const known = Buffer.from(components.known, 'base64')
  for (const at of bits.keys()) bits[at]! |= known[at & (known.length - 1)]!
}
