/** Marks of whole rows that were erased: keyed, cut short, and of no use but to know such a row again. No value of a row can be asked of them, only the row. */
import { createHmac } from 'node:crypto'
import { everyone, rowsIn, type RowSearcher } from '#trace'

/** What results call rows that were erased before. */
export const tombstoneDataset = 'tombstone'

/** Of a row: 64 bits. Among a billion rows one is taken for another with a chance of one in ten million. */
export type RowMark = (fields: readonly string[]) => bigint

/** Marks under a key. How fields were quoted does not matter. */
export function rowMarker(key: Uint8Array): RowMark {
  return (fields) => createHmac('sha256', key).update(fields.map((field) => `${Buffer.byteLength(field)}:${field}`).join('')).digest().readBigUInt64BE(0)
}

type How = Parameters<RowSearcher['locate']>[3]

async function marksOf(bytes: AsyncIterable<Uint8Array>, mark: RowMark, how: How, take: (mark: bigint, start: number, end: number, ordinal: number) => void): Promise<number> {
  let rows = 0
  for await (const row of rowsIn(bytes, how?.delimiter ?? ',')) {
    take(mark(row.fields().slice(how?.idFields ?? 0)), row.start, row.end, row.ordinal)
    rows += 1
  }
  return rows
}

/** The same search, that also notes the marks of every row of these owners that it lists: whoever asks for the rows of others, so that they stay, leaves no marks of them. */
export function marking(searcher: RowSearcher, { mark, owners }: { readonly mark: RowMark; readonly owners: readonly string[] }, taken: Set<bigint>): RowSearcher {
  return {
    search: (bytes, how) => searcher.search(bytes, how),
    locate: async (bytes, targets, rules, how) => {
      const theirs = [targets].flat().every((target) => !owners.includes(target))
      if (theirs || (how?.shape !== undefined && how.shape !== 'rows')) return searcher.locate(bytes, targets, rules, how)
      const marks = new Map<number, bigint>()
      const [located] = await everyone<unknown>(bytes, [(copy) => searcher.locate(copy, targets, rules, how), (copy) => marksOf(copy, mark, how, (one, start) => { marks.set(start, one) })]) as [Awaited<ReturnType<RowSearcher['locate']>>]
      for (const start of located.matched.starts) {
        const one = marks.get(start)
        if (one !== undefined) taken.add(one)
      }
      return located
    },
    close: () => searcher.close(),
  }
}

const coverageOf = (rows: number) => ({ rows, values: 0, inner: 0, bytes: 0, fields: 0, tooLong: 0, brokenQuotes: 0, lost: 0 })

/** Finds the rows that were erased before, and no others. */
export function searcherByMarks(known: ReadonlySet<bigint>, mark: RowMark): RowSearcher {
  return {
    search: async (bytes, how) => {
      let hits = 0
      const rows = how?.shape === undefined || how.shape === 'rows' ? await marksOf(bytes, mark, how, (one) => { if (known.has(one)) hits += 1 }) : await drained(bytes)
      const found = { dataset: tombstoneDataset, verdict: 'copy', records: hits, rows: hits, confirmedRows: hits, barBits: 0, singles: 0, columns: [], reasons: [], fields: [], samples: [] } as const
      return { coverage: coverageOf(rows), datasets: hits === 0 ? [] : [found] }
    },
    locate: async (bytes, _targets, _rules, how) => {
      const found: [number, number, number][] = []
      const rows = await marksOf(bytes, mark, how, (one, start, end, ordinal) => { if (known.has(one)) found.push([ordinal, start, end]) })
      const matched = { ordinals: Float64Array.from(found, ([ordinal]) => ordinal), starts: Float64Array.from(found, ([, start]) => start), ends: Float64Array.from(found, ([, , end]) => end) }
      const none = { ordinals: new Float64Array(), starts: new Float64Array(), ends: new Float64Array() }
      return { coverage: coverageOf(rows), matched, ambiguous: none, unowned: rows - found.length }
    },
    close: () => Promise.resolve(),
  }
}

/** Reads to the end, and counts no row. */
export async function drained(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const iterator = bytes[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true) continue
  return 0
}
