/**
 * The search inside an engine: where data is too much to leave the place it is in, the engine itself compares, and only counts and digests of
 * this search come out. Digests are made when the search begins, from the dataset as it stands; none are kept. A kept list would need one key for
 * all searches, and that key would stand in the logs of every engine ever asked. So a dataset that is gone is not found this way.
 */
import { Misuse } from '#kit/errors'
import { aloneHitsMin, excess, significanceBits } from '../search/verdict.ts'
import { digestOf, formOf } from './form.ts'

/** An identifying column of a dataset, as its fingerprints describe it. */
export interface KnownColumn {
  readonly dataset: string
  readonly column: string
  /** log2 of the effective number of values the column could hold. */
  readonly bits: number
  /** May name a copy by itself. */
  readonly alone: boolean
}

/** What an engine is asked for: digests of the known values, and whose they are. */
export interface KnownDigests {
  readonly key: string
  readonly columns: readonly KnownColumn[]
  /** Positions in `columns` by digest. */
  readonly owners: ReadonlyMap<string, readonly number[]>
  /** Different values per column that are compared, and values that are not. */
  readonly compared: readonly number[]
  readonly notCompared: readonly number[]
}

/** Digests that one search sends at the most: they are held here, and by the engine. */
const digestsMax = 5_000_000

/**
 * Reads values row by row, in the order of `columns`, and keeps their digests. Throws `Misuse` when there are more than one search takes, or not
 * one: a search for nothing is no clean result.
 */
export async function knownDigests(columns: readonly KnownColumn[], rows: AsyncIterable<readonly (string | null)[]>, key: string): Promise<KnownDigests> {
  const owners = new Map<string, number[]>()
  const compared = columns.map(() => 0)
  const notCompared = columns.map(() => 0)
  for await (const row of rows) {
    for (const [column, value] of row.entries()) {
      if (value === null || value === '') continue
      const form = formOf(value)
      if (form === undefined) {
        notCompared[column]! += 1
        continue
      }
      const digest = digestOf(key, form)
      const list = owners.get(digest) ?? []
      if (list.length === 0) owners.set(digest, list)
      if (list.includes(column)) continue
      list.push(column)
      compared[column]! += 1
    }
    if (owners.size > digestsMax) throw new Misuse(`more than ${digestsMax} values: search for fewer datasets at once`)
  }
  if (owners.size === 0) throw new Misuse('not one value of the dataset can be compared inside an engine')
  return { key, columns, owners, compared, notCompared }
}

/** A table of an engine. */
export interface EngineTable {
  /** Database or schema, and name. */
  readonly name: readonly string[]
  readonly columns: readonly string[]
}

/** What an engine says of one column of a table. */
export interface ColumnAnswer {
  readonly rows: number
  /** Not null, and not empty. */
  readonly values: number
  readonly notCompared: number
  /** Values by digest that was asked for. */
  readonly hits: ReadonlyMap<string, number>
}

/** A table as an engine lists it. */
export interface ListedTable extends EngineTable {
  /** As reports name it; in PostgreSQL, as a sweep names the place. */
  readonly place: string
  /** The place that it is a partition of. */
  readonly of?: string
  /** Columns that are not asked about, and why. */
  readonly others: readonly { readonly name: string; readonly because: string }[]
}

/** What an engine holds: tables that can be asked about, and what else is there, with the reason. */
export interface EngineListing {
  readonly tables: readonly ListedTable[]
  readonly notRead: readonly { readonly place: string; readonly because: string }[]
}

/** A database engine that has been given the digests. */
export interface Engine {
  readonly tables: () => Promise<EngineListing>
  readonly ask: (table: EngineTable) => Promise<readonly ColumnAnswer[]>
  readonly close: () => Promise<void>
}

/** Values of one dataset's column in one column of a table. */
export interface EngineMatch {
  readonly dataset: string
  readonly column: string
  /** Different values. */
  readonly distinct: number
  readonly values: number
  /** Chance hits to expect: N x M / S. */
  readonly expected: number
  readonly excessBits: number
  /** Names a copy by itself. */
  readonly significant: boolean
}

export interface EngineColumn extends Omit<ColumnAnswer, 'hits'> {
  /** What the table that was asked calls it. */
  readonly name: string
  readonly matches: readonly EngineMatch[]
}

/** Asks about one table: what was compared of each of its columns, and what of it is known. Throws what the engine throws. */
export async function searchTable(engine: Engine, table: EngineTable, known: KnownDigests): Promise<readonly EngineColumn[]> {
  const answers = await engine.ask(table)
  return answers.map(({ hits, ...coverage }, at) => ({ ...coverage, name: table.columns[at]!, matches: matchesOf(hits, coverage, known) }))
}

function matchesOf(hits: ReadonlyMap<string, number>, { values, notCompared }: Omit<ColumnAnswer, 'hits'>, known: KnownDigests): EngineMatch[] {
  const sums = known.columns.map(() => ({ distinct: 0, values: 0 }))
  for (const [digest, count] of hits) {
    for (const column of known.owners.get(digest) ?? []) {
      sums[column]!.distinct += 1
      sums[column]!.values += count
    }
  }
  const bar = significanceBits + Math.log2(known.columns.length)
  return known.columns.map(({ dataset, column, bits, alone }, at): EngineMatch => {
    const expected = (known.compared[at]! * (values - notCompared)) / 2 ** bits
    const excessBits = excess(sums[at]!.distinct, expected)
    return { dataset, column, ...sums[at]!, expected, excessBits, significant: alone && sums[at]!.distinct >= aloneHitsMin && excessBits >= bar }
  }).filter(({ distinct }) => distinct > 0)
}
