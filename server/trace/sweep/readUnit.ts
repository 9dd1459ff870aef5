/** Reading one unit of a place, in as many passes as it takes; what was read of it may wait to be counted with other units. */
import { readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { isUnread, type FileSpan, type Part } from '#inventory'
import { Broken } from '#kit/errors'
import type { SearchablePlace } from '../places.ts'
import { tellingOf, type InventedTeller, type UnitTelling } from '../telling.ts'
import type { Counting, Pass } from './passes.ts'
import type { PlaceTold } from '../types.ts'
import type { PartOutcome, UnitOutcome } from './unitFile.ts'

/** What of a first line is kept: longer ones are no header. */
const firstLineBytesMax = 8192

/** Read at a time of a file that is read once more. */
const spanBytes = 1024 ** 2

export interface Reading {
  readonly passes: readonly Pass[]
  /** Between the place and the search: counts, and waits where reading is to be slow. */
  through(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  /** Told of bytes that the search reads by itself; undefined where it may not, because reading is to be slow. */
  readonly direct?: ((bytes: number) => void) | undefined
  /** Looks for copies of governed copies as well, in the bytes of the first pass. */
  readonly teller?: Pick<InventedTeller, 'begin'> | undefined
}

/** How to open a unit; `reopen` when that is done once more after it was read, where it is another way. */
export type Openable = Pick<SearchablePlace, 'open'> & { readonly reopen?: SearchablePlace['open'] }

/** What a unit came to. Where something of it waits to be counted with others, this counts all that waits. */
export type Counted = () => Promise<Omit<UnitOutcome, 'moment'>>

type PartRead = Omit<PartOutcome, 'tallies'> & { readonly tallies: readonly Counting['tally'][] }

/** Reads a unit to its end. What cannot be read is among the unread, with its reason: half read is not read. */
export async function readUnit(place: Openable, unit: string, reading: Reading): Promise<Counted> {
  const parts = new Map<string, PartRead>()
  const unread = new Map<string, string>()
  let ended = false
  const telling = reading.teller === undefined ? undefined : tellingOf(reading.teller)
  const open = (): ReturnType<SearchablePlace['open']> => (ended && place.reopen !== undefined ? place.reopen(unit) : place.open(unit))
  try {
    for (const pass of reading.passes) {
      const names = new Map<string, number>()
      for await (const part of guarded(open())) {
        const times = (names.get(part.name) ?? 0) + 1
        names.set(part.name, times)
        const name = times === 1 ? part.name : `${part.name} (${times})` // an archive may hold a name twice
        const read = isUnread(part) ? part : await readPart(part, pass, { ...reading, telling: pass === reading.passes[0] ? telling : undefined, again: () => reopened(open, { name: part.name, times }) })
        if ('because' in read) {
          unread.set(name, read.because)
          telling?.missing(read.because)
        } else parts.set(name, joined(parts.get(name), { ...read, name }))
      }
    }
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    return () => Promise.resolve({ parts: [], unread: [{ name: '', because: cause.message }] })
  }
  ended = true
  const whole = [...parts.values()].filter((part) => !unread.has(part.name) && part.tallies.length === reading.passes.length)
  for (const { name } of parts.values()) if (!unread.has(name) && !whole.some((part) => part.name === name)) unread.set(name, 'it changed while it was read')
  const told: PlaceTold | undefined = telling?.told()
  return async () => ({ ...await counted(whole, unread), ...(told === undefined ? {} : { told }) })
}

/** A part that cannot be counted was not read. */
async function counted(parts: readonly PartRead[], unread: Map<string, string>): Promise<Omit<UnitOutcome, 'moment'>> {
  const whole: PartOutcome[] = []
  for (const part of parts) {
    try {
      const tallies: Uint8Array[] = []
      for (const tally of part.tallies) tallies.push(await tally())
      whole.push({ ...part, tallies })
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause
      unread.set(part.name, cause.message)
    }
  }
  return { parts: whole, unread: [...unread].map(([name, because]) => ({ name, because })) }
}

/** The bytes of a part from their start again. */
async function* reopened(open: () => ReturnType<SearchablePlace['open']>, wanted: { name: string; times: number }): AsyncGenerator<Uint8Array> {
  let times = 0
  for await (const part of guarded(open())) {
    if (part.name !== wanted.name || ++times < wanted.times) continue
    if (isUnread(part)) throw new Broken('trace/part-changed', part.because)
    yield* guarded(part.bytes)
    return
  }
  throw new Broken('trace/part-changed', 'it changed while it was read')
}

/** `telling`: where this pass is the one that looks for copies of governed copies. */
type PartReading = Reading & { readonly telling: UnitTelling | undefined; readonly again: () => AsyncIterable<Uint8Array> }

async function readPart(part: Part, pass: Pass, reading: PartReading): Promise<PartRead | { because: string }> {
  const first: Buffer[] = []
  let [opened, told] = [false, reading.telling === undefined]
  const tellingOfIt = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* reading.telling?.through(part.name, source) ?? source
    told = true
  }
  const bytes = (): AsyncIterable<Uint8Array> => {
    const source = opened ? reading.again() : part.columns === undefined && part.shape === 'rows' ? peeking(guarded(part.bytes), first) : guarded(part.bytes)
    opened = true
    return reading.through(told ? source : tellingOfIt(source))
  }
  try {
    const span = reading.direct === undefined ? undefined : part.span
    const { tally, sketch, cut } = await pass.tally(bytes, { delimiter: part.delimiter, shape: part.shape, span, read: reading.direct })
    if (span !== undefined && first.length === 0) first.push(firstBytes(span))
    if (!told) await drained(tellingOfIt(span === undefined ? reading.again() : spanned(span)))
    for (const why of part.partly()) reading.telling?.missing(why)
    return { name: part.name, kind: part.kind, columns: part.columns ?? null, firstLine: firstLineOf(Buffer.concat(first), part.delimiter), partly: part.partly(), cut, tallies: [tally], sketches: [sketch] }
  } catch (cause) {
    if (cause instanceof Broken) return { because: cause.message }
    throw cause
  }
}

/**
 * What a place gives, where a reader that fails in a way that nobody foresaw (a text longer than the machine can hold) makes it not read: one file must not end the
 * search of all others. Only the kind of failure is passed on: its words may quote values.
 */
export async function* guarded<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = await iterator.next().catch((cause: unknown) => {
        ended = true
        if (cause instanceof Broken) throw cause
        throw new Broken('trace/reader-failed', `its reader failed (${cause instanceof Error ? cause.constructor.name : 'no reason given'})`, { cause })
      })
      ended ||= next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    if (!ended) await iterator.return?.()
  }
}

const joined = (before: PartRead | undefined, now: PartRead): PartRead =>
  before === undefined ? now : { ...before, partly: [...new Set([...before.partly, ...now.partly])], tallies: [...before.tallies, ...now.tallies], sketches: [...before.sketches, ...now.sketches] }

async function* peeking(bytes: AsyncIterable<Uint8Array>, first: Buffer[]): AsyncGenerator<Uint8Array> {
  let kept = 0
  for await (const piece of bytes) {
    if (kept < firstLineBytesMax) first.push(Buffer.from(piece.subarray(0, firstLineBytesMax - kept)))
    kept += piece.length
    yield piece
  }
}

async function drained(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = bytes[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true) { /* whoever looks has looked */ }
}

/** Bytes of a file that the search read by itself, once more while the system still has them; what is yielded is overwritten. */
async function* spanned({ descriptor, from, to }: FileSpan): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.alloc(spanBytes)
  for (let at = from; at < to; ) {
    const read = readSync(descriptor, bytes, 0, Math.min(spanBytes, to - at), at)
    if (read === 0) return
    yield bytes.subarray(0, read)
    await setImmediate()
    at += read
  }
}

function firstBytes({ descriptor, from, to }: FileSpan): Buffer {
  const bytes = Buffer.alloc(Math.min(firstLineBytesMax, to - from))
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from))
}

function firstLineOf(bytes: Buffer, delimiter: string): string[] | null {
  const end = bytes.indexOf(0x0a)
  if (end < 0) return null
  const line = bytes.subarray(0, end).toString().replace(/^\uFEFF/, '').replace(/\r$/, '')
  return line.split(delimiter.charAt(0)).map((field) => field.replace(/^"(.*)"$/s, '$1'))
}
