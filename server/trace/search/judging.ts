/** Judging tallies without the table they were made with: they tell themselves whose each value is. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Broken } from '#kit/errors'
import { judgeSeen } from './count.ts'
import type { PlaceResult } from './result.ts'
import { falseRateOf, ownersOf, planTable } from './table.ts'
import type { Table, TokenSource } from './table.ts'
import type { PlaceTally } from './tally.ts'

/** A tally that says whose each value is. */
export function withOwners({ ownersOfMarks: known, ...tally }: PlaceTally & { readonly ownersOfMarks?: Uint16Array }, table: Pick<Table, 'ownerOf'>): PlaceTally {
  const { slots } = tally.marked
  const owners = known ?? new Uint16Array(slots.length)
  if (known === undefined) for (let at = 0; at < slots.length; at += 1) owners[at] = table.ownerOf(slots[at]!)
  return { ...tally, owners: zstdCompressSync(new Uint8Array(owners.buffer, owners.byteOffset, owners.byteLength), { params: { [constants.ZSTD_c_compressionLevel]: 1 } }).toString('base64') }
}

/** Slots that several tallies are put together for at a time: what is known of them stays in the second-level cache. */
const windowSlots = 65_536

/**
 * Judges a place by tallies made with these segments and `owners`; the same as the judge of their searcher. `datasets` are asked about in all.
 * Throws `Broken` `trace/too-many-fingerprints` when no table holds the segments; the judge `trace/other-tally` for tallies of different segments,
 * none, or one that does not tell whose its values are.
 */
export function createJudge(sources: readonly TokenSource[], datasets: number): (tallies: readonly PlaceTally[]) => PlaceResult {
  const headers = sources.map(({ header }) => header)
  const owners = ownersOf(sources)
  const plan = planTable(headers, owners)
  const falseRate = falseRateOf(plan, owners)
  return (tallies) => {
    if (tallies.length === 0 || new Set(tallies.map(({ segments }) => segments)).size > 1) throw new Broken('trace/other-tally', 'tallies were made with different fingerprints, or there are none')
    // An owner takes the place of the slot: nothing but whose it is, is asked of one.
    return judgeSeen({ headers, owners, asked: datasets, table: { ownerOf: (owner) => owner, falseRate } }, tallies, (visit) => forEachOwned(tallies, { slots: plan.slots, owners: owners.length }, visit))
  }
}

/** Marks there are. */
const marksMax = 256

type VisitOwned = (owner: number, mark: number, times: number) => void

/** Calls `visit` for each value that any tally has seen, with its owner and its highest mark: one after another, or, where there are many, how many have the same. */
function forEachOwned(tallies: readonly PlaceTally[], { slots, owners }: { readonly slots: number; readonly owners: number }, visit: VisitOwned): void {
  const parts = tallies.map((tally) => ({ ...tally.marked, owners: ownersIn(tally), at: 0 }))
  if (parts.reduce((sum, { marks }) => sum + marks.length, 0) < owners * marksMax) return forEachHighest(parts, slots, (owner, mark) => visit(owner, mark, 1))
  const times = new Float64Array(owners * marksMax)
  forEachHighest(parts, slots, (owner, mark) => { times[owner * marksMax + mark]! += 1 })
  for (let at = 0; at < times.length; at += 1) if (times[at]! > 0) visit(Math.floor(at / marksMax), at % marksMax, times[at]!)
}

interface OwnedMarks { readonly slots: Uint32Array; readonly marks: Uint8Array; readonly owners: Uint16Array; at: number }

function forEachHighest(parts: readonly OwnedMarks[], slots: number, visit: (owner: number, mark: number) => void): void {
  if (parts.length === 1) {
    const { owners, marks } = parts[0]!
    for (let at = 0; at < marks.length; at += 1) visit(owners[at]!, marks[at]!)
    return
  }
  const [highest, whose] = [new Uint8Array(windowSlots), new Uint16Array(windowSlots)]
  for (let from = 0; from < slots && parts.some(({ at, slots: own }) => at < own.length); from += windowSlots) {
    let some = false
    for (const part of parts) some = markIn(part, from, { highest, whose }) || some
    if (!some) continue
    for (let at = 0; at < windowSlots; at += 1) if (highest[at]! > 0) visit(whose[at]!, highest[at]!)
    highest.fill(0)
  }
}

/** Marks of one tally in a window of slots, raised to what they are there. Returns whether there is any. */
function markIn(part: OwnedMarks, from: number, { highest, whose }: { readonly highest: Uint8Array; readonly whose: Uint16Array }): boolean {
  const { slots, marks, owners, at: begin } = part
  let at = begin
  for (const to = from + windowSlots; at < slots.length && slots[at]! < to; at += 1) {
    const place = slots[at]! - from
    whose[place] = owners[at]!
    if (marks[at]! > highest[place]!) highest[place] = marks[at]!
  }
  part.at = at
  return at > begin
}

/** In the order of its marks. */
function ownersIn({ marked: { slots }, owners }: PlaceTally): Uint16Array {
  const bytes = owners === undefined ? new Uint8Array() : new Uint8Array(zstdDecompressSync(Buffer.from(owners, 'base64')))
  if (bytes.length !== slots.length * 2) throw new Broken('trace/other-tally', 'a tally does not tell whose its values are')
  return new Uint16Array(bytes.buffer)
}
