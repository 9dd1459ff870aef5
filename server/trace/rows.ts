/** Everybody's rows, as erasing asks for them. */
import { inThisForm } from './fingerprint/index.ts'
import { groupByKey, openSegments, segmentSources, type TraceContext } from './fingerprints.ts'
import { createRowSearcher, heldName, type RowSearcher } from './search/index.ts'
import type { FingerprintRecord } from './types.ts'

export interface OpenedRows { readonly searcher: RowSearcher; /** What is asked about. */ readonly records: readonly FingerprintRecord[] }

/** Opens the search for rows of everybody with fingerprints that can be asked for. A table that a search has loaded (`context.held`) is used again, and given back at the end. Throws as `openSegments` does. */
export async function openRowSearcher(context: TraceContext): Promise<OpenedRows> {
  const { held } = context
  const known = held === undefined ? [] : (await segmentSources(context)).filter(({ record, source }) => record.state !== 'kept' || inThisForm(source.header))
  const name = new Set(known.map(({ record }) => record.tokenKey)).size === 1 ? heldName(known.map(({ source }) => source), undefined) : undefined
  const table = name === undefined ? undefined : held?.take(name)
  if (held !== undefined && name !== undefined && table !== undefined) return { records: known.map(({ record }) => record), searcher: { search: table.search, locate: table.locate, close: () => held.give(name, table) } }
  const opened = await openSegments(context)
  return { searcher: await createRowSearcher(groupByKey(opened)), records: opened.map(({ record }) => record) }
}
