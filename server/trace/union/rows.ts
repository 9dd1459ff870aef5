/** Rows that screening kept, and who knows what of them. Pure. */
import { addPart, distinct, emptyList } from '../fingerprint/tokens.ts'
import type { Attributed } from './attribute.ts'
import { isWeak, valueLists } from './source.ts'

/** Words of 32 bits of an entry that screening kept: a token, its field, and whether it passed (from bit 16 of the third); or no token, and from where its row starts (f64). */
export const entryWords = 4

/** Rows one behind another, each begun by an entry without a token. */
export type Block = Uint32Array<ArrayBuffer>

/** Where the first row of a block starts in its stream. */
export const startOf = (block: Block): number => new Float64Array(block.buffer, block.byteOffset, block.length / 2)[1] ?? 0

const isStart = (block: Block, at: number): boolean => block[at] === 0 && block[at + 1] === 0

/** Which tokens of rows are meant: those that passed, or those that did not, which the filter holds nothing of but what weak columns may know. */
export type Which = 'passed' | 'others'

const passedBit = 0x10000

/** These tokens of rows, ascending, each once. */
export function tokensIn(blocks: Iterable<Block>, which: Which): BigUint64Array {
  const list = emptyList()
  for (const block of blocks) {
    const halves = new Uint32Array(block.length / 2)
    let end = 0
    for (let at = 0; at < block.length; at += entryWords) {
      if (isStart(block, at) || ((block[at + 2]! & passedBit) !== 0) !== (which === 'passed')) continue
      halves[end++] = block[at]!
      halves[end++] = block[at + 1]!
    }
    addPart(list, new BigUint64Array(halves.buffer, 0, end / 2))
  }
  return distinct(list, Number.MAX_SAFE_INTEGER).tokens
}

/** The entries of these rows that passed, without where rows start. */
export function passedOf(block: Block): Block {
  const out = new Uint32Array(block.length)
  let end = 0
  for (let at = 0; at < block.length; at += entryWords) {
    if (isStart(block, at) || (block[at + 2]! & passedBit) === 0) continue
    out.set(block.subarray(at, at + entryWords), end)
    end += entryWords
  }
  return out.slice(0, end)
}

/** Who knows which of the tokens: those of token number n stand from `starts[n]` up to `starts[n + 1]`. */
export interface Hits {
  readonly datasets: readonly Attributed[]
  readonly tokens: BigUint64Array
  readonly starts: Uint32Array
  /** Positions in `datasets`. */
  readonly dataset: Uint16Array
  readonly column: Uint8Array
  /** Tokens that somebody knows, by what is a hash of them: number plus one, zero where there is none. */
  readonly slots: Uint32Array
}

/** Hits of these tokens (each once). */
export function hitsOf(tokens: BigUint64Array, datasets: readonly Attributed[]): Hits {
  const starts = new Uint32Array(tokens.length + 1)
  for (const { lists } of datasets) for (const { numbers } of lists) for (const number of numbers) starts[number + 1]! += 1
  for (let number = 0; number < tokens.length; number += 1) starts[number + 1]! += starts[number]!
  const count = starts[tokens.length]!
  const next = starts.slice()
  const [dataset, column] = [new Uint16Array(count), new Uint8Array(count)]
  for (const [own, { header, lists }] of datasets.entries()) {
    for (const [list, { column: of }] of valueLists(header).entries()) {
      for (const number of lists[list]!.numbers) {
        dataset[next[number]!] = own
        column[next[number]!++] = of
      }
    }
  }
  return { datasets, tokens, starts, dataset, column, slots: slotsOf(tokens, starts) }
}

function slotsOf(tokens: BigUint64Array, starts: Uint32Array): Uint32Array {
  let known = 0
  for (let number = 0; number < tokens.length; number += 1) if (starts[number + 1]! > starts[number]!) known += 1
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(known * 2 + 2)))
  const halves = new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2)
  for (let number = 0; number < tokens.length; number += 1) {
    if (starts[number + 1] === starts[number]) continue
    let slot = halves[number * 2]! & (slots.length - 1)
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = number + 1
  }
  return slots
}

/** Gives the number of a token, -1 when nobody knows it. */
export function numbering({ tokens, slots }: Hits): (low: number, high: number) => number {
  const halves = new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2)
  const mask = slots.length - 1
  return (low, high) => {
    for (let slot = low & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = slots[slot]! - 1
      if (halves[number * 2] === low && halves[number * 2 + 1] === high) return number
    }
    return -1
  }
}

/** The rows of which somebody knows something, whole. A long row that went out in pieces counts as several. */
export function hitRows(blocks: readonly Block[], numberOf: ReturnType<typeof numbering>): Block[] {
  return blocks.map((block) => {
    const out = new Uint32Array(block.length)
    let end = 0
    for (let from = 0, to = 0; from < block.length; from = to) {
      let known = false
      for (to = from; to < block.length && (to === from || !isStart(block, to)); to += entryWords) known ||= !isStart(block, to) && numberOf(block[to]!, block[to + 1]!) >= 0
      if (!known) continue
      out.set(block.subarray(from, to), end)
      end += to - from
    }
    return out.slice(0, end)
  }).filter(({ length }) => length > 0)
}

/** The rows with only what somebody knows of them, and those left out of which nobody knows anything. */
export function knownRows(blocks: readonly Block[], numberOf: ReturnType<typeof numbering>): Block[] {
  return blocks.map((block) => {
    const out = new Uint32Array(block.length)
    let end = 0
    let start = -1 // of the row that nothing is kept of so far
    for (let at = 0; at < block.length; at += entryWords) {
      if (isStart(block, at)) { start = at; continue }
      if (numberOf(block[at]!, block[at + 1]!) < 0) continue
      if (start >= 0) { out.set(block.subarray(start, start + entryWords), end); end += entryWords; start = -1 }
      out.set(block.subarray(at, at + entryWords), end)
      end += entryWords
    }
    return out.slice(0, end)
  }).filter(({ length }) => length > 0)
}

/** Values of a row that are linked at the most with one: as many as the scanner keeps of a row at a time (`assembly/state.ts`). */
const rowHitsMax = 128

/** Sums of two tokens, thinned out when there are many. */
interface Sums { halves: Uint32Array<ArrayBuffer>; length: number }

/** What the rows of one dataset may be linked by. */
interface Linkable {
  /** By pair of columns (`a * 8 + b`), the number of the list of links; -1 for none. */
  readonly list: Int32Array
  readonly weak: readonly boolean[]
  readonly sums: readonly Sums[]
}

const columnsMax = 8

/** Turns sums of tokens into links, in their place. */
export type Linking = (sums: BigUint64Array) => void

/**
 * The links that decide about these rows: by dataset and list of its links, ascending, each once. Asked are pairs of values that one record may hold together: of
 * one dataset, of columns that it has links between, not both weak (`assembly/row.ts`, linkHits).
 */
export function linksAsked(parts: Iterable<readonly Block[]>, hits: Hits, linking: Linking): BigUint64Array[][] {
  const linkable = hits.datasets.map(({ header }): Linkable => {
    const list = new Int32Array(columnsMax * columnsMax).fill(-1)
    for (const [number, { a, b }] of header.links.entries()) list[a * columnsMax + b] = list[b * columnsMax + a] = number
    return { list, weak: header.columns.map((_, column) => isWeak(header, column)), sums: header.links.map(() => ({ halves: new Uint32Array(16), length: 0 })) }
  })
  for (const blocks of parts) forEachRow(blocks, hits, (row) => addRow(row, hits, linkable))
  return linkable.map(({ sums }) => sums.map((own) => {
    thinOut(own)
    const links = new BigUint64Array(own.halves.slice(0, own.length).buffer)
    linking(links)
    return links.sort()
  }))
}

/** Visits each row with what is known of it: three numbers a hit, where it stands in `hits` and the halves of its token. */
function forEachRow(blocks: readonly Block[], hits: Hits, visit: (row: readonly number[]) => void): void {
  const numberOf = numbering(hits)
  const row: number[] = []
  let start = -1
  for (const block of blocks) {
    const starts = new Float64Array(block.buffer, block.byteOffset, block.length / 2)
    for (let at = 0; at < block.length; at += entryWords) {
      if (isStart(block, at)) {
        if (starts[at / 2 + 1] === start) continue // a long row, which went out in pieces
        visit(row)
        row.length = 0
        start = starts[at / 2 + 1]!
        continue
      }
      const number = numberOf(block[at]!, block[at + 1]!)
      if (number < 0) continue
      for (let hit = hits.starts[number]!; hit < hits.starts[number + 1]!; hit += 1) row.push(hit, block[at]!, block[at + 1]!)
    }
  }
  visit(row)
}

function addRow(row: readonly number[], { dataset, column }: Hits, linkable: readonly Linkable[]): void {
  for (let a = 0; a < row.length; a += 3) {
    const [hit, low, high] = [row[a]!, row[a + 1]!, row[a + 2]!]
    const { list, weak, sums } = linkable[dataset[hit]!]!
    for (let b = a + 3; b < row.length && b - a <= rowHitsMax * 3; b += 3) {
      const other = row[b]!
      if (dataset[other] !== dataset[hit]) continue
      const number = list[column[hit]! * columnsMax + column[other]!]!
      if (number < 0 || (weak[column[hit]!] && weak[column[other]!])) continue
      const lower = low + row[b + 1]!
      addSum(sums[number]!, lower >>> 0, (high + row[b + 2]! + (lower > 0xffffffff ? 1 : 0)) >>> 0)
    }
  }
}

function addSum(sums: Sums, low: number, high: number): void {
  if (sums.length === sums.halves.length) {
    thinOut(sums)
    const longer = new Uint32Array(Math.max(16, sums.length * 2))
    longer.set(sums.halves.subarray(0, sums.length))
    sums.halves = longer
  }
  sums.halves[sums.length++] = low
  sums.halves[sums.length++] = high
}

function thinOut(sums: Sums): void {
  const list = emptyList()
  addPart(list, new BigUint64Array(sums.halves.slice(0, sums.length).buffer))
  const { tokens } = distinct(list, Number.MAX_SAFE_INTEGER)
  sums.halves = new Uint32Array(tokens.slice().buffer)
  sums.length = sums.halves.length
}
