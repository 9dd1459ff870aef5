/** Rows that bear tokens, marks or invented records of governed copies, as erasing asks for rows: nobody's fingerprints know them. */
import { everyone, rowsIn, type InventedTeller, type RowSearcher } from '#trace'

/** What results call such rows. */
export const governedDataset = 'copies of governed copies'

export interface GovernedRows {
  /** Tells rows of everybody else. */
  readonly base: RowSearcher
  /** The copies whose rows go. */
  readonly copies: readonly string[]
  readonly teller: Pick<InventedTeller, 'inText'>
  /** Ids of the controller's fingerprints: rows that they know are its own, and no other's. */
  readonly own: readonly string[]
}

type How = Parameters<RowSearcher['locate']>[3]
interface Listed { readonly ordinal: number; readonly start: number; readonly end: number }

const listOf = (rows: readonly Listed[]) => ({ ordinals: Float64Array.from(rows, ({ ordinal }) => ordinal), starts: Float64Array.from(rows, ({ start }) => start), ends: Float64Array.from(rows, ({ end }) => end) })
const coverageOf = (rows: number) => ({ rows, values: 0, inner: 0, bytes: 0, fields: 0, tooLong: 0, brokenQuotes: 0, lost: 0 })

/** The search for these rows. One that is somebody else's by fingerprints is ambiguous, and stays. */
export function governedRows({ base, copies, teller, own }: GovernedRows): RowSearcher {
  const wanted = new Set(copies)
  const bearing = async (bytes: AsyncIterable<Uint8Array>, how: How): Promise<{ rows: number; listed: Listed[] }> => {
    const listed: Listed[] = []
    let rows = 0
    for await (const row of rowsIn(bytes, how?.delimiter ?? ',')) {
      rows += 1
      if (teller.inText(row.fields().slice(how?.idFields ?? 0).join('\n')).some((copy) => wanted.has(copy))) listed.push({ ordinal: row.ordinal, start: row.start, end: row.end })
    }
    return { rows, listed }
  }
  return {
    search: async (bytes, how) => {
      const [found, { listed }] = await everyone<unknown>(bytes, [(copy) => base.search(copy, how), (copy) => bearing(copy, how)]) as [Awaited<ReturnType<RowSearcher['search']>>, Awaited<ReturnType<typeof bearing>>]
      const hits = listed.length
      const mine = { dataset: governedDataset, verdict: 'copy', records: hits, rows: hits, confirmedRows: hits, barBits: 0, singles: 0, columns: [], reasons: [], fields: [], samples: [] } as const
      return { ...found, datasets: [...(hits === 0 ? [] : [mine]), ...found.datasets] }
    },
    locate: async (bytes, _targets, rules, how) => {
      const theirs = rules.filter(({ dataset }) => dataset !== governedDataset && !own.includes(dataset))
      const readers: ((copy: AsyncIterable<Uint8Array>) => Promise<unknown>)[] = [(copy) => bearing(copy, how)]
      if (theirs.length > 0) readers.push((copy) => base.locate(copy, theirs.map(({ dataset }) => dataset), theirs, how))
      const [told, others] = await everyone(bytes, readers) as [Awaited<ReturnType<typeof bearing>>, Awaited<ReturnType<RowSearcher['locate']>> | undefined]
      const foreign = new Set(others === undefined ? [] : [...others.matched.ordinals, ...others.ambiguous.ordinals])
      const matched = told.listed.filter(({ ordinal }) => !foreign.has(ordinal))
      return { coverage: others?.coverage ?? coverageOf(told.rows), matched: listOf(matched), ambiguous: listOf(told.listed.filter(({ ordinal }) => foreign.has(ordinal))), unowned: told.rows - matched.length - foreign.size }
    },
    close: () => base.close(),
  }
}
