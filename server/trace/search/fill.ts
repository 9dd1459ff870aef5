/** Putting the known tokens into the scanner's memory, as the plan of a table has them (`table.ts`). */
import { createHash } from 'node:crypto'
import { Broken } from '#kit/errors'
import { countBelow } from '../fingerprint/index.ts'
import type { Machine, Setting } from '../scanner/machine.ts'
import type { Crew, Inserted } from './crew.ts'
import { bucketsBytes, firstEntriesOf, listBytes, listDataBytes, type Owner, type Plan, type TokenSource } from './table.ts'

/** What goes into a table; `crew`: threads that put it in together, where it is worth starting them. */
export interface Filling { readonly owners: readonly Owner[]; readonly sources: readonly TokenSource[]; readonly crew: Pick<Crew, 'insert'> | undefined }

/** Sets the layout in all lanes, and puts the tokens in. Resolves to the name of what is in the table. */
export async function fillTable(machine: Machine, plan: Plan, { owners, sources, crew }: Filling): Promise<string> {
  const settings: Partial<Record<Setting, number>> = { slots: plan.slots, bloomWords: plan.bloomWords, lean: plan.layout === 'lean' ? 1 : 0, tokenBits: plan.tokenBits, marksShift: plan.markBits === 4 ? 1 : 0, linkLists: plan.lists.length, firstMask: plan.layout === 'lean' ? firstEntriesOf(plan.slots) - 1 : 0 }
  for (const [setting, value] of Object.entries(settings)) machine.set(setting as Setting, value)
  writeLists(machine, plan)
  for (const [lane] of machine.lanes.entries()) machine.inLane(lane, (scanner) => scanner.attachTable())
  const hash = createHash('sha256').update(`bailee tally 3\n${JSON.stringify(plan)}`)
  let before = Promise.resolve() // what was read last is put in while the next is being read
  for (const [dataset, source] of sources.entries()) {
    hash.update(JSON.stringify([source.header, source.whole === true])) // the order of inserting decides about slots
    const together: Inserted[] = []
    const held = new Map<number, number>()
    if (source.whole !== true) await before
    await source.read((list, tokens) => {
      const owner = owners.findIndex((one) => one.dataset === dataset && one.list === list)
      const had = held.get(list) ?? 0
      if (owner < 0 || had + tokens.length > owners[owner]!.tokens) throw new Broken('trace/segment-malformed', 'fingerprints hold more tokens than they say')
      const links = plan.lists.findIndex((one) => one.owner === owner)
      if (links >= 0) machine.addLinks(tokens, links, had)
      else if (source.whole === true) together.push({ owner, tokens })
      else machine.insert(tokens, owner)
      held.set(list, had + tokens.length)
      for (const token of namedOf(tokens, had, owners[owner]!.tokens)) hash.update(token.toString(36)).update(' ')
    })
    await before
    before = insertTogether(machine, plan, together, crew)
    before.catch(() => undefined) // thrown where it is waited for
    if (owners.some((owner) => owner.dataset === dataset && owner.tokens !== (held.get(owner.list) ?? 0))) throw new Broken('trace/segment-malformed', 'fingerprints hold fewer tokens than they say')
  }
  await before
  for (const [list] of plan.lists.entries()) machine.inLane(0, (scanner) => scanner.closeLinks(list))
  return hash.digest('hex').slice(0, 32)
}

// Bytes of the table into which all lists are inserted before the next: less than a second-level cache holds.
const reachBytes = 512 * 1024
const reachesMax = 8_192

// Stretches of a wide table that threads fill side by side: as many for one thread as for several, since the order of inserting decides about slots.
const stretchesMax = 8
const reachesOfStretchMin = 8

/** Inserts ascending lists one reach of the table after another: one list after another would go through all of its memory as often as there are lists. */
async function insertTogether(machine: Machine, plan: Plan, lists: readonly Inserted[], crew: Filling['crew']): Promise<void> {
  const { lines, seams } = stretchesOf(plan, lists)
  if (crew !== undefined && lines.length > 1) await crew.insert(lines)
  else for (const line of lines) for (const { owner, tokens } of line) machine.insert(tokens, owner)
  for (const seam of seams) for (const { owner, tokens } of seam) machine.insert(tokens, owner)
}

/**
 * The lists cut into stretches of the table, and what lies at the end of each: what finds its slot taken goes on to the next that is free, so that this is inserted when nobody works in the stretch behind. A run of taken slots
 * that is longer than a reach there is none of: tokens are as good as random, and more than half of the slots are empty.
 */
function stretchesOf({ slots, layout }: Plan, lists: readonly Inserted[]): { readonly lines: Iterable<Inserted>[]; readonly seams: Iterable<Inserted>[] } {
  const reaches = Math.min(reachesMax, Math.ceil((slots * (layout === 'wide' ? 8 : 4)) / reachBytes))
  const stretches = layout === 'wide' && reaches >= stretchesMax * reachesOfStretchMin ? stretchesMax : 1
  if (stretches === 1) return { lines: [partsOf(lists, reaches, { from: 0, to: reaches })], seams: [] }
  const ends = Array.from({ length: stretches }, (_, stretch) => Math.floor((reaches * (stretch + 1)) / stretches))
  return { lines: ends.map((end, stretch) => partsOf(lists, reaches, { from: ends[stretch - 1] ?? 0, to: end - 1 })), seams: ends.map((end) => partsOf(lists, reaches, { from: end - 1, to: end })) }
}

/** What of each list lies in a reach, reach by reach. */
function* partsOf(lists: readonly Inserted[], reaches: number, { from, to }: { readonly from: number; readonly to: number }): Generator<Inserted> {
  const begin = (tokens: BigUint64Array, reach: number): number => (reach === reaches ? tokens.length : countBelow(tokens, Math.floor((2 ** 32 * reach) / reaches)))
  const starts = lists.map(({ tokens }) => begin(tokens, from))
  for (let reach = from; reach < to; reach += 1) {
    for (const [number, { owner, tokens }] of lists.entries()) {
      const rest = tokens.subarray(starts[number])
      const part = rest.subarray(0, begin(rest, reach + 1))
      if (part.length > 0) yield { owner, tokens: part }
      starts[number]! += part.length
    }
  }
}

// Of every list some this many tokens, evenly spread, go into the name: lists that differ at all differ in length or, but for chance, in these.
const namedTokens = 1024

function* namedOf(tokens: BigUint64Array, before: number, all: number): Generator<bigint> {
  const step = Math.max(1, Math.floor(all / namedTokens))
  for (let at = Math.ceil(before / step) * step; at < before + tokens.length; at += step) yield tokens[at - before]!
}

function writeLists(machine: Machine, { lists }: Plan): void {
  const view = new DataView(machine.memory.buffer)
  let data = machine.at('linkData')
  for (const [number, list] of lists.entries()) {
    const at = machine.at('linkInfo') + number * listBytes
    view.setUint16(at, list.a, true)
    view.setUint16(at + 2, list.b, true)
    view.setUint32(at + 4, list.bucketBits, true)
    view.setUint32(at + 8, data, true)
    view.setUint32(at + 12, data + bucketsBytes(list), true)
    data += Math.ceil(listDataBytes(list) / 8) * 8
  }
}
