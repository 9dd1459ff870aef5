/** Which rows of a table are the controller's, told from its bytes under a lock that keeps writers out: the same for every kind of store. */
import type { PlaceOptions, LocatedRows, RowSearcher } from '#trace'
import { Broken } from '#kit/errors'
import type { Counted } from './erased.ts'

export interface Searched {
  readonly searcher: RowSearcher
  /** Ids of the controller's fingerprints. */
  readonly targets: readonly string[]
  /** In another controller's own table: one shared address is a customer of both, and only whole rows are a copy. */
  readonly wholeRowsOnly?: boolean
}

export interface Located {
  readonly counted: Counted
  /** Of rows that are the controller's and nobody else's. */
  readonly matched: LocatedRows['matched']
  /** How many rows were read. */
  readonly rowsRead: number
}

/** With what makes a row whose, in this place: what is left of it may be too little to be judged anew. */
export interface LocatedByRules extends Located { readonly wanted: readonly string[]; readonly rules: readonly RowRule[] }

type RowRule = Parameters<RowSearcher['locate']>[2][number]

/** Rows of other controllers among these, by fingerprints: emptying the table would erase them too. */
export async function foreignRowsIn(bytes: AsyncIterable<Uint8Array>, { searcher, targets }: Searched, how: PlaceOptions): Promise<{ foreign: number; rowsRead: number }> {
  const { datasets, coverage } = await searcher.search(bytes, how)
  const foreign = datasets.filter(({ dataset, verdict }) => verdict === 'copy' && !targets.includes(dataset)).reduce((sum, { confirmedRows }) => sum + confirmedRows, 0)
  return { foreign, rowsRead: coverage.rows }
}

/** Lists the rows of the controller. `read` must give the same rows in the same order each time. Undefined where no copy of its records stands there: whose the rest is, is not asked. */
export async function locateRows(read: () => AsyncIterable<Uint8Array>, { searcher, targets, wholeRowsOnly: strict = false }: Searched, how: PlaceOptions): Promise<LocatedByRules | undefined> {
  const found = await searcher.search(read(), how)
  const rules = found.datasets.filter(({ verdict }) => verdict === 'copy').map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles: strict && targets.includes(dataset) ? 0 : singles }))
  const wanted = targets.filter((one) => rules.some(({ dataset }) => dataset === one))
  if (wanted.length === 0) return undefined
  const { matched, ambiguous, unowned, coverage } = await searcher.locate(read(), wanted, rules, how)
  // What is left of another's table is theirs.
  return { counted: { rows: matched.ordinals.length, unowned: strict ? 0 : unowned, ambiguous: ambiguous.ordinals.length }, matched, rowsRead: coverage.rows, wanted, rules }
}

/**
 * Searches what was written in the place of these rows, by the same rules. Throws `Broken` `erasure/not-rewritten` where one of the controller's is left, or one of another's is not.
 */
export async function mustBeRest(read: () => AsyncIterable<Uint8Array>, { searcher }: Searched, { located, how }: { readonly located: LocatedByRules; readonly how: PlaceOptions }): Promise<void> {
  const { matched, rowsRead, wanted, rules } = located
  const after = await searcher.locate(read(), wanted, rules, how)
  const rest = rowsRead - matched.ordinals.length
  if (after.matched.ordinals.length > 0 || after.coverage.rows !== rest || after.ambiguous.ordinals.length !== located.counted.ambiguous) {
    throw new Broken('erasure/not-rewritten', `what was written without the rows would hold ${after.matched.ordinals.length} of them and ${after.coverage.rows} of ${rest} others; nothing was changed`)
  }
}

/** All rows of a table that is declared to be the controller's alone, with those of others among them as ambiguous: then it may not be emptied. */
export async function allRows(bytes: AsyncIterable<Uint8Array>, searched: Searched, rows: number, how: PlaceOptions): Promise<Located> {
  const { foreign, rowsRead } = await foreignRowsIn(bytes, searched, how)
  return { counted: { rows, unowned: 0, ambiguous: foreign }, matched: { ordinals: new Float64Array(), starts: new Float64Array(), ends: new Float64Array() }, rowsRead }
}

/** Of rows that were counted and rows that were read. Throws `Broken` where they differ: then it is not known which is which. */
export function mustBeAll(located: Located | undefined, rows: number): void {
  if (located !== undefined && located.rowsRead !== rows) throw new Broken('erasure/count-differs', `${rows} rows were counted and ${located.rowsRead} were read; nothing was changed`)
}
