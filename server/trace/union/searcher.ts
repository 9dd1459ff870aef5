/** The search among more datasets than one table holds: screened by the union filter, then exact where anything may be. */
import { Broken } from '#kit/errors'
import type { Segment } from '../fingerprint/index.ts'
import { createMachine } from '../scanner/machine.ts'
import { createSearcher } from '../search/index.ts'
import type { Bytes, DatasetResult, PlaceOptions, PlaceResult, Searcher, SearcherOptions } from '../search/index.ts'
import { attribute, attributeLinks, emptied, hitsByColumn, pick, reduced } from './attribute.ts'
import type { Attributed } from './attribute.ts'
import { mayBeCopy } from './candidates.ts'
import { createScreen } from './screen.ts'
import type { Screened, ScreenOptions } from './screen.ts'
import { isWeak, tokensOf } from './source.ts'
import type { SegmentSource } from './source.ts'
import { hitRows, linksAsked, loggedTokens, weigh } from './weigh.ts'
import type { LinkOf } from './weigh.ts'

export interface ScreenedOptions extends SearcherOptions, ScreenOptions {
  /** Tokens that one exact table may hold; smaller only in tests. */
  readonly exactTokensMax?: number
}

/** Beyond it the table of the exact search no longer fits beside its counters. */
export const exactTokensMax = 180_000_000

/**
 * A searcher for these segments: the exact one while they fit its table, else the screened one. Throws as those do.
 */
export async function searcherFor(sources: readonly SegmentSource[], epochKey: Uint8Array, options: ScreenedOptions = {}): Promise<Searcher> {
  const tokens = sources.reduce((sum, { header }) => sum + tokensOf(header), 0)
  if (tokens > (options.exactTokensMax ?? exactTokensMax)) return createScreenedSearcher(sources, epochKey, options)
  const segments: Segment[] = []
  for (const { open } of sources) segments.push(await open())
  return createSearcher(segments, epochKey, options)
}

/**
 * A searcher that holds a filter of all tokens, and reads a place a second time only where the first pass says that a dataset may have a copy
 * in it; copies, rows and people are those of the exact search. Of datasets that have none, only those are listed that share a value of a
 * column that is not weak. It takes `() => bytes`: what can be read once only is refused (`trace/read-again`) when a second pass is needed.
 * Tallies of parts are not made (`trace/no-tally`): a place is searched whole. Rows are listed
 * only while one table holds everything (`trace/too-many-fingerprints`): else a row might be somebody's whom the table does not know. Throws `Misuse` without segments, `Broken` for another
 * epoch key or normal form, for two segments of one dataset, and what opening a segment throws.
 */
export async function createScreenedSearcher(sources: readonly SegmentSource[], epochKey: Uint8Array, options: ScreenedOptions = {}): Promise<Searcher> {
  if (new Set(sources.map(({ header }) => header.dataset)).size !== sources.length) throw new Broken('trace/dataset-twice', 'two segments name the same dataset')
  const screen = await createScreen(sources, epochKey, options)
  const { link } = createMachine({ key: epochKey, regions: {} })
  const estate: Estate = { sources, epochKey, options, link }
  let busy = false
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy) throw new Broken('trace/search-busy', 'one search at a time')
    busy = true
    return work().finally(() => { busy = false })
  }
  const noTally = (): Broken => new Broken('trace/no-tally', 'a search among so many datasets counts places whole')
  return {
    datasets: sources.map(({ header }) => header),
    memoryBytes: screen.memoryBytes,
    search: (bytes, how = {}) => alone(async () => searchScreened(estate, await screen.screen(bytes, how), bytes, how)),
    tally: () => Promise.reject(noTally()),
    judge: () => { throw noTally() },
    locate: (bytes, targets, rules, how = {}) => alone(async () => {
      // A row that is one record of somebody without a rule is not another's by one value: all that is known has to be there.
      if (sources.reduce((sum, { header }) => sum + tokensOf(header), 0) > exactTokensMax) throw new Broken('trace/too-many-fingerprints', 'rows cannot be listed among more fingerprints than one table holds: they might be somebody else\'s')
      const segments: Segment[] = []
      for (const { open } of sources) segments.push(await open())
      return within(segments, estate, (searcher) => searcher.locate(bytes, targets, rules, how))
    }),
    close: () => screen.close(),
  }
}

/** All that is known, and what it is known with. */
interface Estate { readonly sources: readonly SegmentSource[]; readonly epochKey: Uint8Array; readonly options: ScreenedOptions; readonly link: LinkOf }

function again(bytes: Bytes): () => AsyncIterable<Uint8Array> {
  if (typeof bytes !== 'function') throw new Broken('trace/read-again', 'the place must be read a second time, and can be read only once')
  return bytes
}

async function within<T>(segments: readonly Segment[], { epochKey, options }: Estate, work: (searcher: Searcher) => Promise<T>): Promise<T> {
  const searcher = await createSearcher(segments, epochKey, options.threads === undefined ? {} : { threads: options.threads })
  return work(searcher).finally(() => searcher.close())
}

async function searchScreened(estate: Estate, screened: Screened, bytes: Bytes, how: PlaceOptions): Promise<PlaceResult> {
  const { sources, link } = estate
  // A row of text is found only by reading it: rows of the first pass are no more than blocks of it.
  if (screened.log === undefined || (how.shape ?? 'rows') !== 'rows') return searchCandidates(estate, screened, bytes, how)
  const tokens = loggedTokens(screened.log)
  const hits = hitRows(screened.log, tokens, await attribute(sources, tokens))
  const asked = linksAsked(hits, link)
  if (asked === undefined) return searchCandidates(estate, screened, bytes, how)
  const held = await attributeLinks(sources, hits.datasets, asked)
  const links = held.map((lists) => new Set(lists.flatMap((list) => [...pick(asked, list)])))
  const verdicts = weigh(hits, { rows: chancesOf(screened), datasets: sources.length, linkOf: link, links })
  if (verdicts.every(({ verdict }) => verdict !== 'copy')) {
    const datasets = verdicts.map((verdict, at): DatasetResult => ({ ...verdict, dataset: hits.datasets[at]!.header.dataset, fields: [], samples: [] }))
    return { coverage: screened.coverage, datasets: datasets.sort(byDataset) }
  }
  const segments = sources.map(({ header }) => emptied(header))
  // Copies are searched for with all that is known of them, others with what decides whose a row is.
  let room = estate.options.exactTokensMax ?? exactTokensMax
  for (const [at, { source, header, columns, forms }] of hits.datasets.entries()) {
    const whole = verdicts[at]!.verdict === 'copy' && tokensOf(header) <= room
    if (whole) room -= tokensOf(header)
    segments[source] = whole ? await sources[source]!.open() : reduced(header, {
      columns: columns.map((positions) => pick(tokens, positions)), forms: forms.map((positions) => pick(tokens, positions)), links: held[at]!.map((positions) => pick(asked, positions)),
    })
  }
  return within(segments, estate, (searcher) => searcher.search(again(bytes), how))
}

/** How often a column could have hit by chance, as the exact search counts it: rows, and values cut out of text. */
const chancesOf = ({ coverage }: Screened): number => coverage.rows + coverage.inner

const byDataset = (a: DatasetResult, b: DatasetResult): number => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1)

/**
 * A place of text, or one that hits so much that its rows were not kept: every dataset that may have a copy is searched for exactly, as many at once as one
 * table holds. Rows that two datasets of different tables know count for both.
 */
async function searchCandidates(estate: Estate, screened: Screened, bytes: Bytes, how: PlaceOptions): Promise<PlaceResult> {
  const { sources, options } = estate
  const { coverage, passed } = screened
  const known = passed === undefined ? undefined : await attribute(sources, passed)
  const wanted = known === undefined ? sources.map((_, source) => source)
    : known.filter((one) => mayBeCopy(one.header, { rows: chancesOf(screened), datasets: sources.length, columns: hitsByColumn(one) })).map(({ source }) => source)
  const results: DatasetResult[] = []
  let lost = 0
  for (const group of groupsOf(sources, wanted, options.exactTokensMax ?? exactTokensMax)) {
    const segments = sources.map(({ header }) => emptied(header))
    for (const source of group) segments[source] = await candidate(sources[source]!, known?.find((one) => one.source === source), passed)
    const found = await within(segments, estate, (searcher) => searcher.search(again(bytes), how))
    results.push(...found.datasets)
    lost += found.coverage.lost
  }
  return { coverage: { ...coverage, lost }, datasets: results.sort(byDataset) }
}

/** Of columns that are not weak what passed, and all else whole. */
async function candidate(source: SegmentSource, known: Attributed | undefined, passed: BigUint64Array | undefined): Promise<Segment> {
  const segment = await source.open()
  const { header, columns, links, forms } = segment
  if (known === undefined || passed === undefined) return segment
  return reduced(header, {
    links, columns: columns.map((list, column) => (isWeak(header, column) ? list : pick(passed, known.columns[column]!))),
    forms: forms.map((list, form) => (isWeak(header, header.forms[form]!.column) ? list : pick(passed, known.forms[form]!))),
  })
}

function groupsOf(sources: readonly SegmentSource[], wanted: readonly number[], tokensMax: number): number[][] {
  const groups: number[][] = []
  let tokens = Infinity
  for (const source of wanted) {
    tokens += tokensOf(sources[source]!.header)
    if (tokens > tokensMax) {
      groups.push([])
      tokens = tokensOf(sources[source]!.header)
    }
    groups.at(-1)!.push(source)
  }
  return groups
}
