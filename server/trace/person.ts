/** One person searched for: by the values that a controller names, under a key that is thrown away with them. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildFingerprints, openFingerprints, type SegmentHeader } from './fingerprint/index.ts'
import { createSearcher, type PlaceOptions, type RowList, type RowRule } from './search/index.ts'
import { everyone } from './search/together.ts'
import { significanceBits } from './search/verdict.ts'
import { rowsIn } from './rowText.ts'
import type { RowSearcher } from './search/index.ts'

/** What results call the person. */
export const personDataset = 'person'

/** Values of one person, by column: several records where several are known of one column. */
export type PersonRecord = Readonly<Record<string, string>>

/** Whose place it is that is searched. `own`: a table of the controller's own, in which `subject` is the column that counts a person, and `subjects` what stands there of this one. `othersStay`: rows in whose column of the subject another's stands do not match, whatever else they hold. */
export type Where =
  | { readonly kind: 'own'; readonly columns?: readonly string[] | undefined; readonly subject?: string; readonly subjects?: ReadonlySet<string>; readonly othersStay?: boolean }
  | { readonly kind: 'other'; readonly everybody: RowSearcher; readonly targets: readonly string[] }

export interface PersonSearcher {
  /**
   * Finds the person's rows as erasing finds a controller's. In a table of the controller's own they are all rows with a value that names the person, or the person's subject; elsewhere those that are by
   * everybody's fingerprints the controller's too: whatever else names the person is ambiguous.
   */
  in(where: Where): RowSearcher
  close(): Promise<void>
}

/** Opens the search for one person. `scratch`: a private folder; what is written there is sealed with a key in memory, and gone when this resolves. */
export async function openPerson(records: readonly PersonRecord[], scratch: string): Promise<PersonSearcher> {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))]
  const [epochKey, sealKey, folder] = [randomBytes(16), randomBytes(32), join(scratch, `person-${randomBytes(8).toString('hex')}`)]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    const file = join(folder, 'person.segment')
    await buildFingerprints({ dataset: personDataset, epochKey, sealKey, file, random: randomBytes, rows: csvOf(records, columns), columns: columns.map((name) => ({ name, identifies: true })) })
    const segment = await openFingerprints(file, sealKey)
    const searcher = await createSearcher([segment], epochKey, { threads: 1 })
    return { in: (where) => searcherIn(searcher, segment.header, where), close: searcher.close }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function* csvOf(records: readonly PersonRecord[], columns: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const record of records) yield await Promise.resolve(Buffer.from(`${columns.map((name) => `"${(record[name] ?? '').replaceAll('"', '""')}"`).join(',')}\n`))
}

/** What names one person among so many rows: columns that name alone, and several that agree. */
function ruleOf(header: SegmentHeader, rows: number): RowRule {
  const barBits = Math.ceil(Math.log2(Math.max(1, rows)) + significanceBits)
  const singles = header.columns.reduce((mask, { alone, bits }, at) => (alone || bits >= barBits ? mask | (1 << at) : mask), 0)
  return { dataset: personDataset, barBits, singles }
}

function searcherIn(person: RowSearcher, header: SegmentHeader, where: Where): RowSearcher {
  const search: RowSearcher['search'] = async (bytes, how) => {
    const { coverage, datasets } = await person.search(bytes, how)
    // Of one person a value is a copy: which rows are, `locate` tells.
    return { coverage, datasets: datasets.map((one) => ({ ...one, verdict: 'copy', ...ruleOf(header, coverage.rows) })) }
  }
  if (where.kind === 'own') {
    return {
      search: async (bytes, how) => {
        const [found, linked] = await everyone<unknown>(bytes, [(copy) => search(copy, how), (copy) => linkedRows(copy, where, how)]) as [Awaited<ReturnType<typeof search>>, Linked]
        return found.datasets.length > 0 || linked.mine.ordinals.length === 0 ? found : { ...found, datasets: [{ ...nothing, ...ruleOf(header, found.coverage.rows) }] }
      },
      locate: async (bytes, _, rules, how) => {
        const rule = rules.find(({ dataset }) => dataset === personDataset)!
        const [located, linked] = await everyone<unknown>(bytes, [(copy) => person.locate(copy, personDataset, [rule], how), (copy) => linkedRows(copy, where, how)]) as [Awaited<ReturnType<typeof person.locate>>, Linked]
        const matched = only(joined([located.matched, linked.mine]), (ordinal) => where.othersStay !== true || !linked.others.has(ordinal))
        return { ...located, matched, ambiguous: none, unowned: located.coverage.rows - matched.ordinals.length }
      },
      close: () => Promise.resolve(),
    }
  }
  const { everybody, targets } = where
  return {
    search: async (bytes, how) => {
      const [mine, all] = await everyone(bytes, [(copy) => search(copy, how), (copy) => everybody.search(copy, how)])
      return { coverage: mine!.coverage, datasets: [...mine!.datasets, ...all!.datasets] }
    },
    locate: async (bytes, _, rules, how) => {
      const rule = rules.find(({ dataset }) => dataset === personDataset)!
      const others = rules.filter(({ dataset }) => dataset !== personDataset)
      const theirs = targets.filter((one) => others.some(({ dataset }) => dataset === one))
      const [mine, all] = await everyone(bytes, [(copy) => person.locate(copy, personDataset, [rule], how), ...(theirs.length === 0 ? [] : [(copy: AsyncIterable<Uint8Array>) => everybody.locate(copy, theirs, others, how)])])
      const known = new Set(all === undefined ? [] : all.matched.ordinals)
      const [matched, ambiguous] = [only(mine!.matched, (ordinal) => known.has(ordinal)), only(mine!.matched, (ordinal) => !known.has(ordinal))]
      return { coverage: mine!.coverage, matched, ambiguous, unowned: mine!.coverage.rows - mine!.matched.ordinals.length }
    },
    close: () => Promise.resolve(),
  }
}

const none: RowList = { ordinals: new Float64Array(), starts: new Float64Array(), ends: new Float64Array() }
const nothing = { dataset: personDataset, verdict: 'copy', records: 1, rows: 0, confirmedRows: 0, columns: [], reasons: [], fields: [], samples: [] } as const

interface Linked { readonly mine: RowList; readonly others: ReadonlySet<number> }

/** Rows in whose column of the subject this person's stands: numbers that name nobody elsewhere do so there. And the ordinals of those in which another's stands. */
async function linkedRows(bytes: AsyncIterable<Uint8Array>, { columns, subject, subjects }: Extract<Where, { kind: 'own' }>, how: PlaceOptions = {}): Promise<Linked> {
  const found: [number, number, number][] = []
  const others = new Set<number>()
  let named = columns
  for await (const row of rowsIn(bytes, how.delimiter ?? ',')) {
    if (subject === undefined || subjects === undefined || subjects.size === 0) continue
    if (named === undefined) { named = row.fields(); continue } // the header line of a text
    const at = named.indexOf(subject)
    const value = at < 0 ? '' : row.fields()[at + (how.idFields ?? 0)] ?? ''
    if (subjects.has(value)) found.push([row.ordinal, row.start, row.end])
    else if (value !== '' && value !== '\\N') others.add(row.ordinal)
  }
  return { mine: listOf(found), others }
}

const listOf = (rows: readonly (readonly [number, number, number])[]): RowList => ({ ordinals: Float64Array.from(rows, ([ordinal]) => ordinal), starts: Float64Array.from(rows, ([, start]) => start), ends: Float64Array.from(rows, ([, , end]) => end) })
const rowsOf = ({ ordinals, starts, ends }: RowList): [number, number, number][] => [...ordinals].map((ordinal, at) => [ordinal, starts[at]!, ends[at]!])
const only = (list: RowList, wanted: (ordinal: number) => boolean): RowList => listOf(rowsOf(list).filter(([ordinal]) => wanted(ordinal)))
const joined = (lists: readonly RowList[]): RowList => listOf([...new Map(lists.flatMap(rowsOf).map((row) => [row[1], row])).values()].sort(([a], [b]) => a - b))
