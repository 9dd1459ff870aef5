/** The search as a sweep uses it: tallies of parts, made in any process, and judged together in one. */
import { epochIn } from '../catalogue/epochs.ts'
import { encodeSketch } from '../catalogue/sketch.ts'
import { decodeTally, encodeTally, type Bytes, type DatasetResult, type PlaceOptions, type PlaceResult } from '../search/index.ts'
import type { SegmentHeader } from '../fingerprint/index.ts'
import { createScreening, createTurns, namedValuesMax, screenedTokens, textTableTokensMax, tokensOf, type Screening, type SegmentSource, type SourceGroup, type Turn, type Turns, type TurnsOptions } from '../union/index.ts'
import { decodeScreened, encodeScreened, textsIn } from './screened.ts'
import type { PartOutcome } from './unitFile.ts'

/** What a pass made of bytes. */
export interface Counting {
  /** A sample of all values, empty when none is to be left. */
  readonly sketch: Uint8Array
  /** The bytes ended inside a record, and may be counted only if they are the end of the place. */
  readonly cut: boolean
  /** The tally. Where what was read waits to be counted with more, this counts all that waits. Throws as `Pass.tally` does. */
  readonly tally: () => Promise<Uint8Array>
}

/** Fingerprints that are looked for in one pass over a place: all have the same key, and one table holds them, or one filter. */
export interface Pass {
  /** Id of the key. */
  readonly tokenKey: string
  /** Many places are better counted together. */
  readonly waits: boolean
  tally(bytes: Bytes, options: PlaceOptions): Promise<Counting>
  judge(tallies: readonly Uint8Array[]): PlaceResult
  /** Columns (`columnKey`) whose values are addresses or numbers: none of them reads like the name of a column. */
  readonly unlikeNames: ReadonlySet<string>
}

/** A column of a dataset as one key. */
export const columnKey = (dataset: string, column: string): string => `${dataset}\n${column}`

export interface Passes {
  readonly all: readonly Pass[]
  /** Whether several tables knew something of one place under one key, and one a copy: `parts` of it, as they were read. */
  contested(results: readonly DatasetResult[], parts: readonly Pick<PartOutcome, 'tallies'>[]): boolean
  /** One pass a key for these datasets alone; undefined when one table does not hold them. */
  together(datasets: ReadonlySet<string>): readonly Pass[] | undefined
  /** Gives up what is loaded. */
  close(): Promise<void>
}

/** A source of segments with the id of the key that made its tokens. */
export interface KeyedSource { readonly source: SegmentSource; readonly tokenKeyId: string; readonly tokenKey: Uint8Array }

/** Tokens of one filter: with more, the addresses of a scanner do not reach. */
const filterTokensMax = 1_500_000_000

interface KeyGroup extends SourceGroup { readonly id: string }

/** How a group is searched for: by tables in turn, or by a filter, and then by smaller tables where a place is text. */
interface Way { readonly turns: readonly Turn[]; readonly screening: Screening | undefined; readonly passes: readonly Pass[]; readonly close: () => Promise<void> }

/**
 * A pass for each key whose fingerprints one table holds; where it takes more, a screening pass. With `sketch` the first of each key leaves samples of all values, but for
 * keys of one controller's own.
 */
export function openPasses(sources: readonly KeyedSource[], { sketch, ...options }: TurnsOptions): Passes {
  const groups = [...Map.groupBy(sources, ({ tokenKeyId }) => tokenKeyId)].map(([id, group]): KeyGroup => ({ id, sketch: sketch === true && epochIn(id) !== undefined, key: group[0]!.tokenKey, sources: group.map(({ source }) => source) }))
  const exact = createTurns(groups, options)
  const ways = groups.map((group, number) => wayOf(group, exact.turns[number]!, options))
  const numbers = ways.map((_, number) => ways.slice(0, number).reduce((sum, { passes }) => sum + passes.length, 0))
  return {
    all: ways.flatMap(({ passes }) => passes),
    close: async () => {
      await exact.close()
      for (const way of ways) await way.close()
    },
    contested: (results, parts) => results.some(({ verdict }) => verdict === 'copy') && ways.some(({ turns, screening }, number) => {
      const read = screening === undefined ? turns : turns.filter((_, turn) => parts.some(({ tallies }) => textsIn(tallies[numbers[number]!]).has(turn)))
      return read.filter((turn) => turn.datasets.some(({ dataset }) => results.some((one) => one.dataset === dataset))).length > 1
    }),
    together: (datasets) => {
      const wanted = groups.flatMap(({ id, sources: own }, group) => (own.some(({ header }) => datasets.has(header.dataset)) ? [{ id, turn: exact.only(group, datasets) }] : []))
      return wanted.some(({ turn }) => turn === undefined) ? undefined : wanted.flatMap(({ id, turn }) => (turn === undefined ? [] : [passOf(turn, id)]))
    },
  }
}

function wayOf(group: KeyGroup, turns: readonly Turn[], options: TurnsOptions): Way {
  const sum = (count: (header: SegmentHeader) => number): number => group.sources.reduce((all, { header }) => all + count(header), 0)
  const fits = sum(screenedTokens) <= filterTokensMax && sum(tokensOf) <= namedValuesMax
  if (turns.length < 2 || !fits) return { turns, screening: undefined, passes: turns.map((turn) => passOf(turn, group.id)), close: () => Promise.resolve() }
  const texts: Turns = createTurns([{ key: group.key, sources: group.sources }], { ...options, tableTokensMax: Math.min(options.tableTokensMax ?? Infinity, textTableTokensMax) })
  const own = texts.turns[0]!
  const screening = createScreening(group.sources, group.key, own, { sketch: group.sketch === true, ...(options.threads === undefined ? {} : { threads: options.threads }) })
  return {
    turns: own, screening, passes: [screenedPass(screening, group.id)],
    close: async () => {
      await screening.close()
      await texts.close()
    },
  }
}

function passOf(turn: Turn, tokenKey: string): Pass {
  return {
    tokenKey, waits: false, unlikeNames: unlikeNamesOf(turn.datasets),
    tally: async (bytes, options) => {
      const tally = await turn.tally(bytes, options)
      const encoded = encodeTally(tally)
      return { tally: () => Promise.resolve(encoded), sketch: tally.sketch === undefined ? new Uint8Array() : encodeSketch(tally.sketch), cut: tally.endedInsideRecord }
    },
    judge: (tallies) => turn.judge(tallies.map(decodeTally)),
  }
}

function screenedPass(screening: Screening, tokenKey: string): Pass {
  return {
    tokenKey, waits: true, unlikeNames: unlikeNamesOf(screening.datasets),
    tally: async (bytes, options) => {
      const { sketch, endedInsideRecord, tally } = await screening.screen(bytes, options)
      return { tally: async () => encodeScreened(await tally()), sketch: sketch === undefined ? new Uint8Array() : encodeSketch(sketch), cut: endedInsideRecord }
    },
    judge: (tallies) => screening.judge(tallies.map(decodeScreened)),
  }
}

const unlikeNamesOf = (datasets: readonly SegmentHeader[]): ReadonlySet<string> =>
  new Set(datasets.flatMap((header) => header.columns.filter(({ kind }) => kind === 'e-mail' || kind === 'digits').map(({ name }) => columnKey(header.dataset, name))))
