/** Judging tallies without the table they were made with: they tell themselves whose each value is. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Broken } from '#kit/errors'
import { judgeSeen } from './count.ts'
import type { PlaceResult } from './result.ts'
import { falseRateOf, ownersOf, planTable } from './table.ts'
import type { Table, TokenSource } from './table.ts'
import { forEachMark } from './tally.ts'
import type { PlaceTally } from './tally.ts'

/** A tally that says whose each value is. */
export function withOwners(tally: PlaceTally, table: Pick<Table, 'ownerOf'>): PlaceTally {
  const owners = Uint16Array.from(tally.marked.slots, table.ownerOf)
  return { ...tally, owners: zstdCompressSync(new Uint8Array(owners.buffer)).toString('base64') }
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
    for (const tally of tallies) for (const [slot, owner] of ownersIn(tally)) if (known instanceof Map) known.set(slot, owner); else known[slot] = owner
    const ownerOf = (slot: number): number => (known instanceof Map ? known.get(slot)! : known[slot]!)
    return judgeSeen({ headers, owners, asked: datasets, table: { ownerOf, falseRate } }, tallies, (visit) => forEachMark(tallies.map(({ marked }) => marked), plan.slots, visit))
  }
}

function* ownersIn({ marked: { slots }, owners }: PlaceTally): Generator<readonly [number, number]> {
  const bytes = owners === undefined ? new Uint8Array() : new Uint8Array(zstdDecompressSync(Buffer.from(owners, 'base64')))
  if (bytes.length !== slots.length * 2) throw new Broken('trace/other-tally', 'a tally does not tell whose its values are')
  const own = new Uint16Array(bytes.buffer)
  for (const [at, slot] of slots.entries()) yield [slot, own[at]!]
}
