/**
 * The search among more datasets than one table holds. Places are screened by the union filter one after another; the rows that were kept of many of them are attributed
 * together, in one reading of the segments, and counted as the exact search counts them. Copies, rows and people are those of the exact search; of columns that
 * count only beside a stronger one it knows what stands in rows that were kept.
 */
import { availableParallelism } from 'node:os'
import { Broken } from '#kit/errors'
import type { Sketch } from '../catalogue/sketch.ts'
import type { SegmentHeader } from '../fingerprint/index.ts'
import type { Bytes, PlaceOptions, PlaceResult } from '../search/index.ts'
import type { PlaceTally } from '../search/tally.ts'
import { attribute, attributeLinks, attributeWeak } from './attribute.ts'
import { createLinking } from './filter.ts'
import { createHands, type Hands } from './hands.ts'
import { createNamedJudge, joinFragments, nameOf, namingOf, type Fragment, type Naming } from './places.ts'
import { createReplay } from './replay.ts'
import { entryWords, hitRows, hitsOf, knownRows, linksAsked, numbering, passedOf, startOf, tokensIn, type Block } from './rows.ts'
import { createScreen, type Keeper, type Screen, type Screened, type ScreenOptions } from './screen.ts'
import type { SegmentSource } from './source.ts'
import type { Turn } from './turns.ts'

/** What a place, or a part of one, came to: counted here, and where it is text and somebody's value stands in it by turns (their numbers). */
export interface ScreenedTally { readonly rows: PlaceTally; readonly texts: ReadonlyMap<number, PlaceTally> }

/** A place that was read, and may wait to be attributed with others. */
export interface WaitingPlace {
  readonly sketch?: Sketch
  /** It ended inside quotes. */
  readonly endedInsideRecord: boolean
  /** What it came to; attributes everything that waits. Throws what opening a segment throws, and what reading a text again does. */
  readonly tally: () => Promise<ScreenedTally>
}

export interface Screening {
  readonly datasets: readonly SegmentHeader[]
  /** Builds the filter, when it is not there. Throws as `createScreen` does. */
  readonly prepare: () => Promise<void>
  /** Builds the filter when it is not there, and reads a place to its end; one at a time. A text is read again when something of it is somebody's: `bytes` must be a function then. */
  readonly screen: (bytes: Bytes, how: PlaceOptions) => Promise<WaitingPlace>
  /** Judges a place by the tallies of its parts. */
  readonly judge: (tallies: readonly ScreenedTally[]) => PlaceResult
  /** How often kept rows were attributed. */
  readonly attributions: () => number
  /** Bytes of the filter and what is around it; 0 before it is built. */
  readonly memoryBytes: () => number
  readonly close: () => Promise<void>
}

export interface ScreeningOptions extends ScreenOptions {
  /** Bytes of rows that wait to be attributed, of all places together; smaller only in tests. */
  readonly waitingBytesMax?: number
}

/** A gigabyte of ordinary rows of which every fifth holds a known value. Attributing them takes three times as much. */
const waitingBytesDefault = 192 * 1024 * 1024

/** What waits of one place. */
interface Waiting {
  blocks: Block[]
  readonly fragments: Fragment[]
  /** Of a text: datasets with a value in it that counts. */
  readonly owners: Set<number>
  readonly isText: boolean
}

/** A screening of these segments, which one key made. `turns`: the same segments in tables, for texts. */
export function createScreening(sources: readonly SegmentSource[], epochKey: Uint8Array, turns: readonly Turn[], options: ScreeningOptions = {}): Screening {
  const headers = sources.map(({ header }) => header)
  if (new Set(headers.map(({ dataset }) => dataset)).size !== headers.length) throw new Broken('trace/dataset-twice', 'two segments name the same dataset')
  const hands = createHands(options.threads ?? availableParallelism())
  const attributing = createAttributing(sources, { epochKey, hands }, options)
  const name = nameOf(headers)
  const judgeRows = createNamedJudge(headers)
  let screen: Promise<Screen> | undefined
  let memoryBytes = 0
  const prepared = async (): Promise<Screen> => {
    const ready = await (screen ??= createScreen(sources, { epochKey, hands }, options))
    memoryBytes = ready.memoryBytes
    return ready
  }
  return {
    datasets: headers,
    prepare: async () => { await prepared() },
    attributions: attributing.times, memoryBytes: () => memoryBytes,
    screen: async (bytes, how) => {
      const { screen: read } = await prepared()
      const waiting = attributing.begin((how.shape ?? 'rows') !== 'rows')
      const screened = await attributing.during(waiting, (keeper, paced) => read(paced(bytes), how, keeper))
      const { sketch, endedInsideRecord } = screened
      return { endedInsideRecord, ...(sketch === undefined ? {} : { sketch }), tally: async () => tallyOf(await attributing.settled(waiting), { screened, name, headers, turns, bytes, how }) }
    },
    judge: (tallies) => {
      const rows = judgeRows(tallies.map((tally) => tally.rows))
      const texts = turns.flatMap((turn, number) => {
        const own = tallies.flatMap((tally) => tally.texts.get(number) ?? [])
        return own.length === 0 ? [] : turn.judge(own).datasets
      })
      return { coverage: rows.coverage, datasets: [...rows.datasets, ...texts].sort((a, b) => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1)) }
    },
    close: async () => {
      await hands.close()
      await (await screen?.catch(() => undefined))?.close()
    },
  }
}

interface Tallying {
  readonly screened: Screened
  readonly name: string
  readonly headers: readonly SegmentHeader[]
  readonly turns: readonly Turn[]
  readonly bytes: Bytes
  readonly how: PlaceOptions
}

async function tallyOf({ fragment, owners }: Settled, { screened, name, headers, turns, bytes, how }: Tallying): Promise<ScreenedTally> {
  const { coverage, looks, endedInsideRecord } = screened
  const rows: PlaceTally = { segments: name, coverage: { ...coverage, lost: coverage.lost + fragment.lost }, looks, endedInsideRecord, datasets: fragment.datasets, marked: fragment.marked }
  const known = new Set([...owners].map((source) => headers[source]!.dataset))
  const texts = new Map<number, PlaceTally>()
  for (const [number, turn] of turns.entries()) {
    if (!turn.datasets.some(({ dataset }) => known.has(dataset))) continue
    if (typeof bytes !== 'function') throw new Broken('trace/read-again', 'the text must be read a second time, and can be read only once')
    texts.set(number, await turn.tally(bytes, { ...how, span: undefined })) // the file may be closed by now
  }
  return { rows, texts }
}

interface Settled { readonly fragment: Fragment; readonly owners: ReadonlySet<number> }

const nothing: Fragment = { datasets: [], marked: { slots: new Uint32Array(), marks: new Uint8Array() }, lost: 0 }

interface Attributing {
  readonly begin: (isText: boolean) => Waiting
  /** Keeps what is kept of a place while it is read; `paced`: its bytes, held back while so much waits that it is attributed first. */
  readonly during: <Result>(waiting: Waiting, read: (keeper: Keeper, paced: (bytes: Bytes) => Bytes) => Promise<Result>) => Promise<Result>
  readonly settled: (waiting: Waiting) => Promise<Settled>
  readonly times: () => number
}

function createAttributing(sources: readonly SegmentSource[], { epochKey, hands }: { readonly epochKey: Uint8Array; readonly hands: Hands }, { waitingBytesMax = waitingBytesDefault }: ScreeningOptions): Attributing {
  const naming = namingOf(sources.map(({ header }) => header))
  const linking = createLinking()
  const all = new Set<Waiting>()
  let bytes = 0
  let times = 0
  const flush = async (): Promise<void> => {
    const taken = [...all].filter(({ blocks }) => blocks.length > 0).map((waiting) => ({ waiting, blocks: waiting.blocks.splice(0).sort((a, b) => startOf(a) - startOf(b)) }))
    bytes = 0
    if (taken.length === 0) return
    times += 1
    await countTaken(taken, { hands, sources, epochKey, naming, linking })
  }
  // A failure stays: what was taken from the places is not counted anywhere.
  let flushing: Promise<void> = Promise.resolve()
  const flushed = (): Promise<void> => (flushing = flushing.then(flush))
  return {
    begin: (isText) => {
      const waiting: Waiting = { blocks: [], fragments: [], owners: new Set(), isText }
      all.add(waiting)
      return waiting
    },
    during: async (waiting, read) => {
      const keeper: Keeper = {
        keep: (block) => {
          const own = waiting.isText ? passedOf(block) : block // of a text only what passed: which values stand together, reading it again tells
          bytes += own.byteLength
          if (own.length > 0) waiting.blocks.push(own)
        },
        forget: () => {
          bytes -= waiting.blocks.reduce((sum, { byteLength }) => sum + byteLength, 0)
          waiting.blocks = []
          waiting.fragments.length = 0
          waiting.owners.clear()
        },
        isFull: () => bytes > waitingBytesMax,
      }
      const paced = (given: Bytes): Bytes => (typeof given === 'function' ? () => held(given()) : held(given))
      const held = async function* (given: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        for await (const piece of given) {
          if (bytes > waitingBytesMax) await flushed()
          yield piece
        }
      }
      try {
        return await read(keeper, paced)
      } catch (cause) {
        all.delete(waiting)
        throw cause
      }
    },
    settled: async (waiting) => {
      await flushed()
      all.delete(waiting)
      return { fragment: waiting.fragments.length === 0 ? nothing : joinFragments(waiting.fragments, naming.values), owners: waiting.owners }
    },
    times: () => times,
  }
}

interface Taken { readonly waiting: Waiting; readonly blocks: readonly Block[] }

interface CountingWith {
  readonly hands: Hands
  readonly sources: readonly SegmentSource[]
  readonly epochKey: Uint8Array
  readonly naming: Naming
  readonly linking: ReturnType<typeof createLinking>
}

/** Finds out whose the rows are, and counts them for their places. */
async function countTaken(taken: readonly Taken[], { hands, sources, epochKey, naming, linking }: CountingWith): Promise<void> {
  const passed = tokensIn(taken.flatMap(({ blocks }) => blocks), 'passed')
  const owned = hitsOf(passed, await attribute(hands, sources, passed))
  const isOwned = numbering(owned)
  const known = taken.map(({ waiting, blocks }) => ({ waiting, blocks: hitRows(blocks, isOwned) })).filter(({ blocks }) => blocks.length > 0)
  for (const { waiting, blocks } of known) if (waiting.isText) addOwners(waiting, blocks, owned, isOwned)
  const ofRows = known.filter(({ waiting }) => !waiting.isText)
  if (ofRows.length === 0) return
  const others = tokensIn(ofRows.flatMap(({ blocks }) => blocks), 'others')
  const datasets = await attributeWeak(hands, sources, owned.datasets, { tokens: others, before: passed.length })
  const tokens = joinTokens(passed, others)
  const hits = hitsOf(tokens, datasets)
  const numberOf = numbering(hits)
  const rows = ofRows.map(({ waiting, blocks }) => ({ waiting, blocks: knownRows(blocks, numberOf) }))
  const links = await attributeLinks(hands, sources, hits.datasets, linksAsked(rows.map(({ blocks }) => blocks), hits, linking))
  const replay = await createReplay({ datasets: hits.datasets, tokens, links }, { epochKey, naming })
  for (const { waiting, blocks } of rows) waiting.fragments.push(replay(blocks))
}

function joinTokens(first: BigUint64Array, second: BigUint64Array): BigUint64Array {
  const all = new BigUint64Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

function addOwners({ owners }: Waiting, blocks: readonly Block[], { datasets, starts, dataset }: ReturnType<typeof hitsOf>, numberOf: ReturnType<typeof numbering>): void {
  for (const block of blocks) {
    for (let at = 0; at < block.length; at += entryWords) {
      const number = numberOf(block[at]!, block[at + 1]!)
      for (let hit = starts[number]!; hit < starts[number + 1]!; hit += 1) owners.add(datasets[dataset[hit]!]!.source)
    }
  }
}

