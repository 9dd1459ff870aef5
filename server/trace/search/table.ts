/** How the known tokens lie in the scanner's memory: the layout is chosen by how many there are (`scanner/assembly/table.ts`). */
import { createHash } from 'node:crypto'
import { Broken } from '#kit/errors'
import { countBelow } from '../fingerprint/index.ts'
import type { Segment, SegmentFile, SegmentHeader } from '../fingerprint/index.ts'
import type { Machine, Setting } from '../scanner/machine.ts'
import { bitsOf } from './verdict.ts'

/** The tokens of a dataset, to be read once, in order: so that they need not all be in memory twice. */
export interface TokenSource {
  readonly header: SegmentHeader
  /** Tokens of each list: the columns, then the links, then the forms. Fewer than the header knows when only some are asked about. */
  readonly counts: readonly number[]
  /** Gives each list's tokens ascending, in one or more parts. */
  readonly read: (take: (list: number, tokens: BigUint64Array) => void) => Promise<void>
  /** Each list is given in one part, and stays as it is when `read` has resolved. */
  readonly whole?: true | undefined
}

/** A column, or a link of two, of one dataset: what a slot of the table belongs to. */
export interface Owner {
  readonly dataset: number
  /** Position in the dataset's columns; undefined for a link. */
  readonly column: number | undefined
  /** Position in the dataset's lists. */
  readonly list: number
  readonly tokens: number
}

export type Layout = 'wide' | 'lean'

export interface Plan {
  readonly layout: Layout
  readonly slots: number
  /** Bits of a token that stand in its slot. */
  readonly tokenBits: number
  /** Words of eight bytes of the Bloom filter. */
  readonly bloomWords: number
  /** Of the lean layout: further bits of each token stand beside the slots. */
  readonly checked: boolean
  /** Bits of a mark. */
  readonly markBits: 4 | 8
  /** Of the lean layout: the lists of links. */
  readonly lists: readonly LinkList[]
}

interface LinkList {
  readonly owner: number
  /** Owners of its two columns. */
  readonly a: number
  readonly b: number
  readonly tokens: number
  readonly bucketBits: number
}

// Above these shares many slots are looked at for a value: in the wide layout until one is empty, in the lean one until an entry is lower.
const wideLoadMax = 0.45
const leanLoadMax = 0.93

// Up to here every slot has room for everything; beyond, memory is what counts.
const wideBytesMax = 1024 ** 3

// Up to here tokens of the lean layout have their further bits: with 130 million tokens, links included.
const checkedBytesMax = 1024 ** 3
const checkBits = 16

// Owners of the lean layout take bits from its tokens.
const leanOwnersMax = 62

// WebAssembly addresses 4 GiB; what is left serves the window, the counters and the pieces.
const tableBytesMax = 3.8 * 1024 ** 3

// Owners are 16-bit numbers in the table, zero meaning none.
const ownersMax = 65_535

// Seven of a hundred strange values pass; with eight bits it would be three, in a third more memory and no less time.
const bloomBitsPerToken = 6

const bucketLinks = 22
const listBytes = 16
const remainderBytes = 2.5

/** Columns of all datasets first, then further forms of them, then their links. */
export function ownersOf(sources: readonly TokenSource[]): Owner[] {
  const tokensOf = ({ counts }: TokenSource, list: number): number => counts[list] ?? 0
  const columns = sources.flatMap((source, dataset) => source.header.columns.map((_, list): Owner => ({ dataset, column: list, list, tokens: tokensOf(source, list) })))
  const links = sources.flatMap((source, dataset) => source.header.links.map((_, at): Owner => {
    const list = source.header.columns.length + at
    return { dataset, column: undefined, list, tokens: tokensOf(source, list) }
  }))
  const forms = sources.flatMap((source, dataset) => source.header.forms.map(({ column }, at): Owner => {
    const list = source.header.columns.length + source.header.links.length + at
    return { dataset, column, list, tokens: tokensOf(source, list) }
  }))
  return [...columns, ...forms, ...links]
}

/** Chooses the layout. Throws `Broken` when the tokens do not fit into one search. */
export function planTable(headers: readonly SegmentHeader[], owners: readonly Owner[], wanted?: Layout): Plan {
  const tokens = owners.reduce((sum, owner) => sum + owner.tokens, 0)
  const columns = owners.filter((owner) => owner.column !== undefined)
  const wideSlots = Math.max(1024, Math.ceil(tokens / wideLoadMax))
  const layout = wanted ?? (wideSlots * 8 <= wideBytesMax || columns.length > leanOwnersMax ? 'wide' : 'lean')
  const bloomWords = Math.ceil((columns.reduce((sum, owner) => sum + owner.tokens, 1) * bloomBitsPerToken) / 64)
  const plan: Plan = layout === 'wide' ? { layout, slots: wideSlots, tokenBits: 40, bloomWords, checked: false, markBits: 8, lists: [] } : checkedWithin({ ...leanPlan(headers, owners, columns), bloomWords })
  const bytes = Object.values(regionsOf(plan)).reduce((sum, region) => sum + region, 0)
  if (bytes > tableBytesMax || owners.length > ownersMax || (layout === 'lean' && columns.length > leanOwnersMax)) {
    throw new Broken('trace/too-many-fingerprints', `${tokens} tokens of ${owners.length} columns do not fit into one search`)
  }
  return plan
}

function leanPlan(headers: readonly SegmentHeader[], owners: readonly Owner[], columns: readonly Owner[]): Omit<Plan, 'bloomWords' | 'checked'> {
  const tokens = columns.reduce((sum, owner) => sum + owner.tokens, 0)
  const levels = Math.max(...headers.map((header) => levelsOf(header).length))
  const lists = owners.flatMap((owner, number): LinkList[] => {
    const header = headers[owner.dataset]!
    const link = header.links[owner.list - header.columns.length]
    if (link === undefined) return []
    const ofColumn = (column: number): number => owners.findIndex((one) => one.dataset === owner.dataset && one.column === column)
    const [one, other] = [ofColumn(link.a), ofColumn(link.b)]
    return [{ owner: number, a: Math.min(one, other), b: Math.max(one, other), tokens: owner.tokens, bucketBits: Math.max(1, Math.round(Math.log2(Math.max(1, owner.tokens / bucketLinks)))) }]
  })
  return { layout: 'lean', slots: Math.max(1024, Math.ceil(tokens / leanLoadMax)), tokenBits: 32 - Math.ceil(Math.log2(columns.length + 2)), markBits: levels + 2 <= 16 ? 4 : 8, lists }
}

/** Further bits of the tokens where they find room: with them a strange value is not taken for a known one, and rows are counted exactly in the largest places. */
function checkedWithin(plan: Omit<Plan, 'checked'>): Plan {
  const checked = { ...plan, checked: true }
  return Object.values(regionsOf(checked)).reduce((sum, bytes) => sum + bytes, 0) <= checkedBytesMax ? checked : { ...plan, checked: false }
}

/** Bytes of the table's regions. */
export function regionsOf({ layout, slots, bloomWords, checked, markBits, lists }: Plan): Partial<Record<Setting, number>> {
  const bloom = bloomWords * 8
  if (layout === 'wide') return { bloom, keys: slots * 8 }
  const linkData = lists.reduce((sum, list) => sum + listDataBytes(list), 0)
  return { bloom, keys: slots * 4, ...(checked ? { checks: slots * 2 } : {}), marks: Math.ceil((slots * markBits) / 8), firstSlots: firstEntriesOf(slots) * 4, firstMarks: firstEntriesOf(slots), linkInfo: lists.length * listBytes, linkData }
}

/** Entries of the set of first marks, a power of two: five megabytes for a large table, less for a small one. */
const firstEntriesOf = (slots: number): number => 2 ** Math.min(20, Math.floor(Math.log2(slots)) - 3)

const bucketsBytes = ({ bucketBits }: LinkList): number => (2 ** bucketBits + 1) * 4
const listDataBytes = (list: LinkList): number => bucketsBytes(list) + Math.ceil((list.tokens * remainderBytes + 8) / 8) * 8

/** The sums of bits that linked columns of a dataset can have, ascending: a mark tells which one was seen. */
export function levelsOf(header: SegmentHeader): number[] {
  let masks = new Set(header.links.map(({ a, b }) => (1 << a) | (1 << b)))
  for (const { a, b } of header.links) masks = new Set([...masks].flatMap((mask) => [mask, mask | (1 << a) | (1 << b)]))
  return [...new Set([...masks].map((mask) => bitsOf(header, mask)))].sort((one, other) => one - other)
}

/** The lowest mark that shows at least so many bits; 256 when none does. */
export function markOfBits(levels: readonly number[], bits: number): number {
  const level = levels.findIndex((one) => one >= bits)
  return level < 0 ? 256 : level + 2
}

/** Sets the layout in all lanes, and puts the tokens in. Resolves to the name of what is in the table. */
export async function fillTable(machine: Machine, plan: Plan, owners: readonly Owner[], sources: readonly TokenSource[]): Promise<string> {
  const settings: Partial<Record<Setting, number>> = { slots: plan.slots, bloomWords: plan.bloomWords, lean: plan.layout === 'lean' ? 1 : 0, tokenBits: plan.tokenBits, marksShift: plan.markBits === 4 ? 1 : 0, linkLists: plan.lists.length, firstMask: plan.layout === 'lean' ? firstEntriesOf(plan.slots) - 1 : 0 }
  for (const [setting, value] of Object.entries(settings)) machine.set(setting as Setting, value)
  writeLists(machine, plan)
  for (const [lane] of machine.lanes.entries()) machine.inLane(lane, (scanner) => scanner.attachTable())
  const hash = createHash('sha256').update(`bailee tally 2\n${JSON.stringify(plan)}`)
  for (const [dataset, source] of sources.entries()) {
    hash.update(JSON.stringify([source.header, source.whole === true])) // the order of inserting decides about slots
    const together: Inserted[] = []
    const held = new Map<number, number>()
    await source.read((list, tokens) => {
      const owner = owners.findIndex((one) => one.dataset === dataset && one.list === list)
      const before = held.get(list) ?? 0
      if (owner < 0 || before + tokens.length > owners[owner]!.tokens) throw new Broken('trace/segment-malformed', 'fingerprints hold more tokens than they say')
      const links = plan.lists.findIndex((one) => one.owner === owner)
      if (links >= 0) machine.addLinks(tokens, links, before)
      else if (source.whole === true) together.push({ owner, tokens })
      else machine.insert(tokens, owner)
      held.set(list, before + tokens.length)
      for (const token of namedOf(tokens, before, owners[owner]!.tokens)) hash.update(token.toString(36)).update(' ')
    })
    insertTogether(machine, plan, together)
    if (owners.some((owner) => owner.dataset === dataset && owner.tokens !== (held.get(owner.list) ?? 0))) throw new Broken('trace/segment-malformed', 'fingerprints hold fewer tokens than they say')
  }
  for (const [list] of plan.lists.entries()) machine.inLane(0, (scanner) => scanner.closeLinks(list))
  return hash.digest('hex').slice(0, 32)
}

interface Inserted { readonly owner: number; readonly tokens: BigUint64Array }

// Bytes of the table into which all lists are inserted before the next: less than a second-level cache holds.
const reachBytes = 512 * 1024
const reachesMax = 8_192

/** Inserts ascending lists one stretch of the table after another: one list after another would go through all of its memory as often as there are lists. */
function insertTogether(machine: Machine, { slots, layout }: Plan, lists: readonly Inserted[]): void {
  const reaches = Math.min(reachesMax, Math.ceil((slots * (layout === 'wide' ? 8 : 4)) / reachBytes))
  const from = lists.map(() => 0)
  for (let reach = 1; reach <= reaches; reach += 1) {
    for (const [number, { owner, tokens }] of lists.entries()) {
      const rest = tokens.subarray(from[number])
      const part = reach === reaches ? rest : rest.subarray(0, countBelow(rest, Math.floor((2 ** 32 * reach) / reaches)))
      if (part.length > 0) machine.insert(part, owner)
      from[number]! += part.length
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

/** Gives a segment that is in memory as a source. */
export function sourceOf({ header, columns, links, forms }: Segment): TokenSource {
  const lists = [...columns, ...links, ...forms]
  return { header, counts: lists.map((list) => list.length), whole: true, read: (take) => { for (const [list, tokens] of lists.entries()) take(list, tokens); return Promise.resolve() } }
}

/** Gives a segment file part by part, so that it never stands in memory whole. The file stays open: closing it is the caller's. */
export function sourceOfFile({ header, read, tokens }: SegmentFile): TokenSource {
  const lists = [...header.columns.map(({ distinct }, number) => ({ kind: 'columns', number, distinct } as const)), ...header.links.map(({ distinct }, number) => ({ kind: 'links', number, distinct } as const)), ...header.forms.map(({ distinct }, number) => ({ kind: 'forms', number, distinct } as const))]
  return {
    header, counts: lists.map(({ distinct }) => distinct),
    read: async (take) => {
      for (const [list, { kind, number }] of lists.entries()) for await (const part of read(kind, number)) {
        take(list, part)
        if (tokens.layers === 0) part.buffer.transfer(0) // opened for this alone, and given back at once: what waits to be collected would be dozens of megabytes
      }
    },
  }
}

/** What stands in the slots of a table, and the marks of the search that runs. */
export interface Table {
  readonly slots: number
  readonly ownerOf: (slot: number) => number
  readonly markOf: (slot: number) => number
  readonly clearMark: (slot: number) => void
  readonly clearMarks: () => void
  /** Takes all marks away, as many as there are, in the order of slots, with whose each is; undefined where the layout lets nobody do both at once. */
  readonly takeMarks: ((count: number) => Taken) | undefined
  /** Visits every slot that has a mark, in any order. */
  readonly forEachMark: (visit: (slot: number, mark: number) => void) => void
  /** Chance that one look takes a strange value for one of this owner's. */
  readonly falseRate: (owner: number) => number
}

/** Marks that were taken out of a table: slots, ascending, the owner of each, and its mark. */
export interface Taken { readonly slots: Uint32Array<ArrayBuffer>; readonly owners: Uint16Array<ArrayBuffer>; readonly marks: Uint8Array<ArrayBuffer> }

/** Bytes that a mark takes where it is listed: slot, owner, mark. */
const takenBytes = 7

/** Takes the marks of the wide layout away (`assembly/marks.ts`), by way of `out`; `count`: how many there are. */
function takeMarksOf(machine: Machine, slots: number, { outBytes, count }: { readonly outBytes: number; readonly count: number }): Taken {
  const [out, most] = [machine.at('out'), Math.floor(outBytes / takenBytes / 8) * 8]
  const { buffer } = machine.memory
  const all: Taken = { slots: new Uint32Array(count), owners: new Uint16Array(count), marks: new Uint8Array(count) }
  let end = 0
  for (let from = 0; from < slots;) {
    const taken = machine.inLane(0, (scanner) => {
      const listed = scanner.takeMarks(from, out, most)
      from = scanner.takenTo()
      return listed
    })
    if (end + taken > count) throw new Broken('trace/marks-miscounted', 'a table holds more marks than were counted')
    all.slots.set(new Uint32Array(buffer, out, taken), end)
    all.owners.set(new Uint16Array(buffer, out + most * 4, taken), end)
    all.marks.set(new Uint8Array(buffer, out + most * 6, taken), end)
    end += taken
  }
  return end === count ? all : { slots: all.slots.slice(0, end), owners: all.owners.slice(0, end), marks: all.marks.slice(0, end) }
}

/** Chance that one look takes a strange value for one of an owner's, by its number. */
export function falseRateOf({ layout, slots, tokenBits, checked, lists }: Plan, owners: readonly Owner[]): (owner: number) => number {
  if (layout === 'wide') return () => 0 // about 2 ** -37: even among 10 ** 9 looks three of them, which a verdict needs, have a chance below 2 ** -20
  const inTable = owners.filter((_, number) => lists.every((list) => list.owner !== number)).reduce((sum, owner) => sum + owner.tokens, 0)
  const run = (1 + 1 / (1 - inTable / slots)) / 2 // slots looked at for a strange value, as for a known one where the table is ordered (Amble and Knuth, 1974)
  // Further bits say more only as far as they do not tell the place in the table, which is known.
  const more = checked ? Math.min(checkBits, Math.max(0, Math.floor(64 - Math.log2(slots)) - tokenBits)) : 0
  return (owner) => (run * 2 ** -(tokenBits + more) * owners[owner]!.tokens) / Math.max(1, inTable)
}

/** Reads the table of a plan. */
export function tableOf(machine: Machine, plan: Plan, { owners, outBytes }: { readonly owners: readonly Owner[]; /** Of the out region. */ readonly outBytes: number }): Table {
  const { memory } = machine
  const { slots, tokenBits, markBits } = plan
  const [keys, marks] = [machine.at('keys'), machine.at('marks')]
  const falseRate = falseRateOf(plan, owners)
  if (plan.layout === 'wide') {
    return {
      slots, falseRate, takeMarks: (count) => takeMarksOf(machine, slots, { outBytes, count }),
      ownerOf: (slot) => memory[keys + slot * 8 + 5]! + memory[keys + slot * 8 + 6]! * 256 - 1,
      markOf: (slot) => memory[keys + slot * 8 + 7]!,
      clearMark: (slot) => { memory[keys + slot * 8 + 7] = 0 },
      clearMarks: () => { for (let at = keys + 7, end = keys + slots * 8; at < end; at += 8) memory[at] = 0 },
      forEachMark: (visit) => { for (let slot = 0; slot < slots; slot += 1) if (memory[keys + slot * 8 + 7] !== 0) visit(slot, memory[keys + slot * 8 + 7]!) },
    }
  }
  const entries = new Uint32Array(memory.buffer, keys, slots)
  const marksEnd = marks + Math.ceil((slots * markBits) / 8)
  const laterMarkOf = markBits === 8 ? (slot: number) => memory[marks + slot]! : (slot: number) => (memory[marks + (slot >>> 1)]! >> ((slot & 1) * 4)) & 15
  const first = firstMarksOf(machine, slots)
  return {
    slots, falseRate, takeMarks: undefined,
    ownerOf: (slot) => (entries[slot]! >>> tokenBits) - 1,
    markOf: (slot) => first.markOf(slot) || laterMarkOf(slot),
    clearMark: (slot) => {
      if (!first.clear(slot)) memory[marks + Math.floor((slot * markBits) / 8)] = 0 // a neighbour's mark goes with it: all go
    },
    clearMarks: () => { first.clearAll(); memory.fill(0, marks, marksEnd) },
    forEachMark: (visit) => {
      first.forEach(visit)
      for (let at = marks; at < marksEnd; at += 1) {
        if (memory[at] === 0) continue
        if (markBits === 8) visit(at - marks, memory[at]!)
        else for (const slot of [(at - marks) * 2, (at - marks) * 2 + 1]) if (laterMarkOf(slot) !== 0) visit(slot, laterMarkOf(slot))
      }
    },
  }
}

// Of assembly/marks.ts.
const windowEntries = 8

/** The set of first marks of the lean layout: slots plus one, and their marks. */
function firstMarksOf(machine: Machine, tableSlots: number) {
  const { memory } = machine
  const count = firstEntriesOf(tableSlots)
  const slots = new Uint32Array(memory.buffer, machine.at('firstSlots'), count)
  const marks = machine.at('firstMarks')
  const entryOf = (slot: number): number => {
    const window = (Math.imul(slot, 0x9e3779b1) >>> 12) & (count - 1) & ~(windowEntries - 1)
    for (let entry = window; entry < window + windowEntries; entry += 1) if (slots[entry] === slot + 1) return entry
    return -1
  }
  return {
    markOf: (slot: number): number => {
      const entry = entryOf(slot)
      return entry < 0 ? 0 : memory[marks + entry]!
    },
    clear: (slot: number): boolean => {
      const entry = entryOf(slot)
      if (entry >= 0) slots[entry] = memory[marks + entry] = 0
      return entry >= 0
    },
    clearAll: (): void => { slots.fill(0); memory.fill(0, marks, marks + count) },
    forEach: (visit: (slot: number, mark: number) => void): void => { for (let entry = 0; entry < count; entry += 1) if (slots[entry] !== 0) visit(slots[entry]! - 1, memory[marks + entry]!) },
  }
}
