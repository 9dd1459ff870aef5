/** Judging tallies without the table they were made with: they tell themselves whose each value is. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Broken } from '#kit/errors'
import { judgeSeen } from './count.ts'
import type { PlaceResult } from './result.ts'
import { falseRateOf, ownersOf, planTable } from './table.ts'
import type { Table, TokenSource } from './table.ts'
import { forEachMark } from './tally.ts'
import type { PlaceTally } from './tally.ts'

/** A tally that says whose each value is. */
export function withOwners(tally: PlaceTally, table: Pick<Table, 'ownerOf'>): PlaceTally {
  const { slots } = tally.marked
  const owners = new Uint16Array(slots.length)
  for (let at = 0; at < slots.length; at += 1) owners[at] = table.ownerOf(slots[at]!)
  return { ...tally, owners: zstdCompressSync(new Uint8Array(owners.buffer), { params: { [constants.ZSTD_c_compressionLevel]: 1 } }).toString('base64') }
}

// Beyond it two bytes for each slot of the table are less than a map of those marked.
const mappedMax = 1_000_000

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
    const marks = tallies.reduce((sum, { marked }) => sum + marked.slots.length, 0)
    const known = marks > mappedMax ? new Uint16Array(plan.slots) : new Map<number, number>()
    for (const tally of tallies) {
      const [{ slots }, own] = [tally.marked, ownersIn(tally)]
      if (known instanceof Map) for (let at = 0; at < slots.length; at += 1) known.set(slots[at]!, own[at]!)
      else for (let at = 0; at < slots.length; at += 1) known[slots[at]!] = own[at]!
    }
    const ownerOf = (slot: number): number => (known instanceof Map ? known.get(slot)! : known[slot]!)
    return judgeSeen({ headers, owners, asked: datasets, table: { ownerOf, falseRate } }, tallies, (visit) => forEachMark(tallies.map(({ marked }) => marked), plan.slots, visit))
  }
}

/** In the order of its marks. */
function ownersIn({ marked: { slots }, owners }: PlaceTally): Uint16Array {
  const bytes = owners === undefined ? new Uint8Array() : new Uint8Array(zstdDecompressSync(Buffer.from(owners, 'base64')))
  if (bytes.length !== slots.length * 2) throw new Broken('trace/other-tally', 'a tally does not tell whose its values are')
  return new Uint16Array(bytes.buffer)
}
