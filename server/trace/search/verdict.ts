/** From counts to a verdict, with its reasons in numbers. Pure. */
import type { SegmentHeader } from '../fingerprint/index.ts'

/** Bits beyond chance that a copy must show: one false alarm in a million places, before counting how many were asked about. */
export const significanceBits = 20

/**
 * Values of one column alone must be at least this many: one shared address may be a customer of two controllers, or stand in
 * somebody's contacts.
 */
export const aloneHitsMin = 3

/**
 * Namesakes born on one day are other people: rows told by a combination alone are not called anybody's while chance gives more than this share of them.
 */
export const chanceShareMax = 0.2

/** What the scanner counted in one place for one dataset. */
export interface Tally {
  /** Rows of the place, and values cut out of its texts: how often each column could have hit by chance. */
  readonly rows: number
  /** Datasets asked about at once. */
  readonly datasets: number
  /** Rows by the set of columns (bit mask) that one record of the dataset holds together. */
  readonly linked: ReadonlyMap<number, number>
  /** Rows by the set of columns hit without such agreement, in rows of no other dataset. */
  readonly single: ReadonlyMap<number, number>
  /** Different values by column: all hit in rows of no other dataset, and those linked with at least `barBits`. */
  readonly distinct: readonly { readonly hit: number; readonly linked: number }[]
  /** Hits by field of the place and column of the dataset. */
  readonly fields: readonly FieldHits[]
  /** Strange values that the table takes for known ones, to be expected by column: none when left out. */
  readonly falseHits?: readonly number[]
}

export interface FieldHits {
  /** Position in the place, from 0. */
  readonly field: number
  /** Position among the dataset's columns. */
  readonly column: number
  /** Position among its forms, where these are digests of the column's values or another spelling; undefined for the values themselves. */
  readonly form?: number
  readonly hits: number
}

export interface ColumnEvidence {
  readonly column: string
  /** Different values found, in rows that are nobody else's. */
  readonly distinct: number
  /** Chance hits to expect: N x M / S, and those of the table. */
  readonly expected: number
  /** Minus log2 of the chance to see so many. */
  readonly excessBits: number
  /** The column names the copy by itself. */
  readonly significant: boolean
}

export interface Verdict {
  readonly verdict: 'copy' | 'chance' | 'none'
  /** Distinct people; a person in two rows counts once. */
  readonly records: number
  /** Rows of the place that are this dataset's. */
  readonly rows: number
  /** Of them, rows whose columns agree on one record. */
  readonly confirmedRows: number
  /** What the linked columns of a row must show together. */
  readonly barBits: number
  readonly columns: readonly ColumnEvidence[]
  /** Columns (bit mask) that name a copy alone here: what locating its rows rests on, beside the bar. */
  readonly singles: number
  readonly reasons: readonly string[]
}

/**
 * Linked rows below the bar may still exceed chance together, where the dataset has no e-mail addresses. Only with a column this
 * strong, such as a phone number: two sequential numbers of one record go together in everybody's tables.
 */
const togetherBitsMin = 30

/**
 * Whole bits that the linked columns of a row must show: log2(N x M) + 20, N = records of the dataset, M = rows of the place; or less,
 * down to where the rows at or above exceed chance together.
 */
export function barBitsOf(header: SegmentHeader, tally: Pick<Tally, 'rows' | 'datasets' | 'linked'>): number {
  const people = Math.max(1, ...header.columns.map((column) => column.distinct))
  const pairs = people * Math.max(1, tally.rows)
  const bar = Math.ceil(Math.log2(pairs) + significanceBits)
  const levels = [...tally.linked].filter(([mask]) => header.columns.some(({ bits }, column) => (mask >> column) & 1 && bits >= togetherBitsMin))
    .map(([mask, rows]) => ({ bits: bitsOf(header, mask), rows })).filter(({ bits }) => bits < bar).sort((a, b) => b.bits - a.bits)
  let lowest = bar
  let rows = 0
  for (const level of levels) {
    rows += level.rows
    if (rows >= aloneHitsMin && excess(rows, pairs / 2 ** level.bits) >= questionBits(header, tally.datasets)) lowest = level.bits
  }
  return lowest
}

/**
 * Whether a whole copy of these records could be told from chance at all: by a column that names one alone, or by columns that agree. Where
 * it could not, as with a table known by one sequential number, finding nothing says nothing.
 */
export function canBeFound(header: SegmentHeader): boolean {
  if (header.columns.some(({ alone }) => alone)) return true
  const columns = header.columns.filter(({ kind }, at) => kind !== 'combination' || header.links.some(({ a, b }) => a === at || b === at))
  if (columns.length < 2) return false
  const sum = columns.reduce((bits, column) => bits + column.bits, 0)
  return columns.some(({ bits }) => bits >= togetherBitsMin) || sum >= 2 * Math.log2(Math.max(1, header.records)) + significanceBits
}

/** Asked of every dataset and column at once: the bar rises with the number of questions. */
function questionBits(header: SegmentHeader, datasets: number): number {
  return significanceBits + Math.log2(datasets * header.columns.length)
}

/** Whole bits of a set of columns. In single precision and this order, as the scanner adds them. */
export function bitsOf(header: SegmentHeader, mask: number): number {
  let bits = 0
  for (const [column, { bits: own }] of header.columns.entries()) if ((mask >> column) & 1) bits = Math.fround(bits + Math.fround(own))
  return Math.floor(bits)
}

/** Judges one dataset in one place. */
export function judge(header: SegmentHeader, tally: Tally): Verdict {
  const barBits = barBitsOf(header, tally)
  const columns = header.columns.map((_, column) => evidence(header, column, tally))
  const singles = columns.reduce((mask, column, at) => (column.significant ? mask | (1 << at) : mask), 0)
  let confirmedRows = 0
  let singleRows = 0
  let belowBar = 0
  for (const [mask, rows] of tally.linked) {
    if (bitsOf(header, mask) >= barBits) confirmedRows += rows
    else if ((mask & singles) !== 0) singleRows += rows
    else belowBar += rows
  }
  for (const [mask, rows] of tally.single) {
    if ((mask & singles) !== 0) singleRows += rows
    else belowBar += rows
  }
  const rows = confirmedRows + singleRows
  const people = tally.distinct.map(({ hit, linked }, column) => ((singles >> column) & 1 ? hit : linked))
  return {
    verdict: rows > 0 ? 'copy' : belowBar > 0 ? 'chance' : 'none',
    records: rows > 0 ? Math.max(...people) : 0,
    rows, confirmedRows, barBits, columns, singles,
    reasons: reasonsOf(header, { barBits, confirmedRows, singleRows, belowBar, columns }),
  }
}

function evidence(header: SegmentHeader, column: number, tally: Tally): ColumnEvidence {
  const { name, kind, distinct: known, bits, alone } = header.columns[column]!
  const distinct = tally.distinct[column]?.hit ?? 0
  const fields = new Set(tally.fields.filter((hits) => hits.column === column).map((hits) => hits.field)).size
  const expected = (known * tally.rows * Math.max(1, fields)) / 2 ** bits + (tally.falseHits?.[column] ?? 0)
  const excessBits = excess(distinct, expected)
  const bar = questionBits(header, tally.datasets)
  const certain = kind !== 'combination' || expected <= distinct * chanceShareMax
  return { column: name, distinct, expected, excessBits, significant: alone && certain && distinct >= aloneHitsMin && excessBits >= bar }
}

/** Minus log2 of an upper bound (Chernoff) on the chance that a Poisson count of this mean reaches `seen`. */
export function excess(seen: number, mean: number): number {
  if (seen <= mean || seen === 0) return 0
  if (mean === 0) return Number.MAX_SAFE_INTEGER
  return Math.max(0, (mean - seen + seen * Math.log(seen / mean)) / Math.LN2)
}

interface Summed {
  readonly barBits: number
  readonly confirmedRows: number
  readonly singleRows: number
  readonly belowBar: number
  readonly columns: readonly ColumnEvidence[]
}

function reasonsOf(header: SegmentHeader, summed: Summed): string[] {
  const reasons: string[] = []
  if (summed.confirmedRows > 0) reasons.push(`${summed.confirmedRows} rows agree on one record of ${header.dataset} with at least ${summed.barBits} bits`)
  for (const column of summed.columns.filter(({ significant }) => significant)) {
    reasons.push(`${column.distinct} values of ${column.column} where chance gives ${column.expected.toPrecision(2)}`)
  }
  for (const { column, distinct, expected, excessBits, significant } of summed.columns.filter((_, at) => header.columns[at]!.kind === 'combination')) {
    if (!significant && distinct >= aloneHitsMin && excessBits >= significanceBits) reasons.push(`${distinct} values of ${column} where chance gives ${expected.toPrecision(2)}: more than chance, but not told which`)
  }
  if (summed.belowBar > 0) reasons.push(`${summed.belowBar} rows share values below the bar of ${summed.barBits} bits, not counted`)
  return reasons
}
