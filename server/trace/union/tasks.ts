/** What is done with the segment of one dataset, in this thread or in another: its tokens put into a filter, or asked about. */
import { Broken } from '#kit/errors'
import { blockOf, type AttachedFilter, type BlockRange, type FilterShape } from './filter.ts'
import { lookUp, slackOf, type Asked, type Known } from './look.ts'
import { isWeak, screenedLists, valueLists, type SegmentLists, type ValueList } from './source.ts'

/** Tokens put in at a time: those of one opened piece of a segment. */
export const tokensAtOnce = 131_072

/** A part of a filter, and where it lies. */
export interface Filling {
  readonly shape: FilterShape
  readonly range: BlockRange
  readonly filter: Pick<AttachedFilter, 'add'>
  readonly memory: { readonly buffer: ArrayBufferLike }
  /** Address of room for `tokensAtOnce`. */
  readonly room: number
}

/** The dataset and epoch that a segment must be of. */
export interface Expected { readonly dataset: string; readonly epoch: string }

/** Puts in the tokens of a segment that belong to a part of the filter. Throws `Broken` when it is another segment. */
export async function fill(lists: SegmentLists, expected: Expected, filling: Filling): Promise<void> {
  if (lists.header.dataset !== expected.dataset || lists.header.epoch !== expected.epoch) throw new Broken('trace/other-segment', `the fingerprints of ${expected.dataset} changed while they were read`)
  for (const list of screenedLists(lists.header)) await fillList(lists, list, filling)
}

async function fillList(lists: SegmentLists, list: ValueList, filling: Filling): Promise<void> {
  const { length } = list
  const { shape: { blocks }, range } = filling
  const slack = slackOf(length)
  const from = Math.max(0, Math.floor((range.from / blocks) * length) - slack)
  const to = Math.min(length, Math.ceil((range.to / blocks) * length) + slack)
  const ends = await fillRange(lists, list, { from, to }, filling)
  // Where tokens are spread less evenly than chance does it, more of the list is wanted.
  if (from > 0 && (ends === undefined || ends.first >= range.from)) await fillRange(lists, list, { from: 0, to: from }, filling)
  if (to < length && (ends === undefined || ends.last < range.to)) await fillRange(lists, list, { from: to, to: length }, filling)
}

/** Returns the blocks of the first and the last token of what was read. */
async function fillRange(lists: SegmentLists, { kind, number }: ValueList, { from, to }: BlockRange, { shape, range, filter, memory, room }: Filling): Promise<{ first: number; last: number } | undefined> {
  let ends: { first: number; last: number } | undefined
  const into = new BigUint64Array(memory.buffer, room, tokensAtOnce)
  for await (const part of lists.read(kind, number, from, to)) {
    for (let at = 0; at < part.length; at += tokensAtOnce) {
      const tokens = part.subarray(at, at + tokensAtOnce)
      into.set(tokens)
      filter.add(room, tokens.length, range)
    }
    if (part.length === 0) continue
    const block = (token: bigint): number => blockOf(Number(token >> 32n), shape)
    ends = { first: ends?.first ?? block(part[0]!), last: block(part.at(-1)!) }
  }
  return ends
}

const unknown: Known = { numbers: new Uint32Array(), positions: new Uint32Array() }

/** What a segment knows of tokens: by list of values (`valueLists`). Undefined when it knows none by a column that is not weak: then none of them counts. */
export async function knownValues(lists: SegmentLists, asked: Asked): Promise<Known[] | undefined> {
  const known: Known[] = []
  let strong = false
  for (const list of valueLists(lists.header)) {
    const own = await lookUp(lists, list, asked)
    strong ||= own.numbers.length > 0 && !isWeak(lists.header, list.column)
    known.push(own)
  }
  return strong ? known : undefined
}

/** The same of its weak columns alone. */
export async function knownWeakValues(lists: SegmentLists, asked: Asked): Promise<Known[]> {
  const known: Known[] = []
  for (const list of valueLists(lists.header)) known.push(isWeak(lists.header, list.column) ? await lookUp(lists, list, asked) : unknown)
  return known
}

/** Links asked about of one list of them. */
export interface AskedLinks { readonly number: number; readonly asked: Asked }

/** Which of the links a segment holds, in the order of what is asked. */
export async function knownLinks(lists: SegmentLists, wanted: readonly AskedLinks[]): Promise<Known[]> {
  const known: Known[] = []
  for (const { number, asked } of wanted) known.push(await lookUp(lists, { kind: 'links', number, length: lists.header.links[number]?.distinct ?? 0 }, asked))
  return known
}
