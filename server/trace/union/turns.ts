/** The exact search among any number of datasets: those that one table holds take their turn together, and a place is read once a turn. */
import { totalmem } from 'node:os'
import { Broken } from '#kit/errors'
import { createJudge, createSearcher, heldName } from '../search/index.ts'
import type { HeldTable, Searcher, SearcherOptions, TokenSource } from '../search/index.ts'
import { ownersOf, planTable, regionsOf, sourceOf } from '../search/table.ts'
import { exactTokensMax, tokensOf } from './source.ts'
import type { SegmentSource } from './source.ts'

/** Datasets of one table at the most: each thread counts for each of them in 19 kB, beside a table of 3.2 GB in the 4 GiB there are. */
const datasetsMax = 1024

/** Tokens of a table beside a union filter: both together stay below four gigabytes. */
export const textTableTokensMax = 60_000_000

/** Share of the machine's memory that loaded tables may take together. */
const memoryShareMax = 0.5

export interface TurnsOptions extends SearcherOptions {
  /** Tokens of one table; smaller only in tests. */
  readonly tableTokensMax?: number | undefined
  /** Bytes of all tables that are loaded at a time; half of the machine's memory when left out. The one in use is loaded in any case. */
  readonly tablesBytesMax?: number | undefined
  /** Where a table comes from, and is left, when one holds everything. */
  readonly held?: HeldTable | undefined
}

/** What one turn looks for. Its table is loaded when it counts, and may be given up for another's in between; judging needs none. */
export type Turn = Pick<Searcher, 'datasets' | 'tally' | 'judge'>

/** Segments whose tokens one key made; `sketch`: its first turn leaves samples of all values with its tallies. */
export interface SourceGroup { readonly key: Uint8Array; readonly sources: readonly SegmentSource[]; readonly sketch?: boolean }

export interface Turns {
  /** By group, in their order. */
  readonly turns: readonly (readonly Turn[])[]
  /** One turn of these datasets of a group alone, asked about among all of it; undefined when one table does not hold them. */
  readonly only: (group: number, datasets: ReadonlySet<string>) => Turn | undefined
  /** Tables loaded so far, those loaded again included. */
  readonly loads: () => number
  /** Gives up every table. */
  readonly close: () => Promise<void>
}

/** Tokens as a table takes them, of one opened segment at a time. Opening throws as the source does. */
function tokenSource({ header, open }: SegmentSource): TokenSource {
  const counts = [...header.columns, ...header.links, ...header.forms].map(({ distinct }) => distinct)
  return { header, counts, whole: true, read: async (take) => sourceOf(await open()).read(take) }
}

/** Bytes of the table of these segments; undefined when one table does not hold them. */
function tableBytes(sources: readonly TokenSource[], tokensMax: number | undefined): number | undefined {
  const headers = sources.map(({ header }) => header)
  const tokens = headers.reduce((sum, header) => sum + tokensOf(header), 0)
  if (headers.length > datasetsMax || (tokensMax !== undefined && tokens > tokensMax)) return undefined
  try {
    const plan = planTable(headers, ownersOf(sources))
    if (plan.layout === 'wide' && tokens > exactTokensMax) return undefined
    return Object.values(regionsOf(plan)).reduce((sum, region) => sum + region, 0)
  } catch (cause) {
    if (cause instanceof Broken && cause.code === 'trace/too-many-fingerprints') return undefined
    throw cause
  }
}

/** As many one after another as one table holds; one that none holds stands alone, and is refused when it is loaded. */
function grouped(sources: readonly TokenSource[], tokensMax: number | undefined): TokenSource[][] {
  const groups: TokenSource[][] = []
  for (const source of sources) {
    const last = groups.at(-1)
    if (last !== undefined && tableBytes([...last, source], tokensMax) !== undefined) last.push(source)
    else groups.push([source])
  }
  return groups
}

/** The tables that are loaded. */
interface Tables { readonly held: Map<object, { readonly searcher: Searcher; readonly bytes: number; readonly leave: (searcher: Searcher) => Promise<void> }>; loads: number }

/**
 * Divides the segments of each group into turns; loads nothing yet. A turn's `tally` loads its table when it is not there, and throws as `createSearcher` and the sources do;
 * one at a time. Every dataset is judged as one among all of its group, whichever turn it is in.
 */
export function createTurns(groups: readonly SourceGroup[], options: TurnsOptions = {}): Turns {
  const { tableTokensMax, tablesBytesMax = totalmem() * memoryShareMax, held: keep, ...searching } = options
  const tables: Tables = { held: new Map(), loads: 0 }
  const turnOf = (sources: readonly TokenSource[], { key, sources: all }: SourceGroup, { sketch = false, known }: { readonly sketch?: boolean; readonly known?: string | undefined } = {}): Turn => {
    const bytes = tableBytes(sources, undefined) ?? 0
    const name = {}
    const load = async (): Promise<Searcher> => {
      const held = tables.held.get(name)
      tables.held.delete(name) // it stands last again: used now
      if (held === undefined) await makeRoom(tables, tablesBytesMax - bytes)
      const taken = held?.searcher ?? (known === undefined ? undefined : keep?.take(known))
      const searcher = taken ?? await createSearcher(sources, key, { ...searching, sketch, datasets: all.length, owners: true })
      if (taken === undefined) tables.loads += 1
      tables.held.set(name, { searcher, bytes, leave: known === undefined || keep === undefined ? (one) => one.close() : (one) => keep.give(known, one) })
      return searcher
    }
    let judge: ReturnType<typeof createJudge> | undefined
    return {
      datasets: sources.map(({ header }) => header),
      tally: async (bytes, how) => (await load()).tally(bytes, how),
      judge: (tallies) => (judge ??= createJudge(sources, all.length))(tallies),
    }
  }
  const divided = groups.map((group) => grouped(group.sources.map(tokenSource), tableTokensMax))
  const single = divided.length === 1 && divided[0]!.length === 1 && keep !== undefined
  return {
    turns: groups.map((group, number) => divided[number]!.map((sources, turn) => turnOf(sources, group, { sketch: turn === 0 && group.sketch === true, known: single && group.sketch === true ? heldName(group.sources, searching.threads) : undefined }))),
    only: (number, datasets) => {
      const group = groups[number]!
      const sources = group.sources.filter(({ header }) => datasets.has(header.dataset)).map(tokenSource)
      return sources.length === 0 || tableBytes(sources, tableTokensMax) === undefined ? undefined : turnOf(sources, group)
    },
    loads: () => tables.loads,
    close: async () => {
      for (const { searcher, leave } of tables.held.values()) await leave(searcher)
      tables.held.clear()
    },
  }
}

/** Gives up tables until no more than so many bytes are held. The one used last goes first: turns come round in order, and it is needed again last. */
async function makeRoom({ held }: Tables, bytesMax: number): Promise<void> {
  let bytes = [...held.values()].reduce((sum, table) => sum + table.bytes, 0)
  for (const [name, table] of [...held].toReversed()) {
    if (bytes <= bytesMax) return
    held.delete(name)
    bytes -= table.bytes
    await table.searcher.close()
  }
}
