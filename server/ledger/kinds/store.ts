/** Where entries stand: of what kind one is, told from its last bytes, in which table, and stretches of logs. */
import type { RawBuilder } from 'kysely'
import { sql } from '#database'

/** How entries end that are decisions (JCS: the type and the version come last). They stand in a table of their own. */
const entryEnd = sql`substring(body from octet_length(body) - 31)`
const [allowed, refused] = [sql`'"type":"decision.allowed","v":1}'`, sql`'"type":"decision.refused","v":1}'`]
export const isDecision = sql`${entryEnd} in (${allowed}, ${refused})`
export const isNoDecision = sql`${entryEnd} not in (${allowed}, ${refused})`
export const isRefusal = sql`${entryEnd} = ${refused}`

/** Where entries of whole types stand: decisions, which are nearly all, are not read where they are not among them, and nothing else where they are all. */
export function tableOf(types: readonly string[] | undefined): RawBuilder<unknown> {
  const ofDecisions = (types ?? []).filter((type) => type === 'decision.allowed' || type === 'decision.refused').length
  return sql.id(types === undefined || (ofDecisions > 0 && ofDecisions < types.length) ? 'entry' : ofDecisions > 0 ? 'decision_entry' : 'other_entry')
}

/** Whether an entry ends as one of these types does: no index knows types, and every entry that is passed is asked, so that asking has to be cheap. */
export function ofTypes(types: readonly string[]): RawBuilder<unknown> {
  const byLength = Map.groupBy(new Set(types.map((type) => `"type":"${type}","v":1}`)), (end) => Buffer.byteLength(end))
  return byLength.size === 0 ? sql`false` : sql`(${sql.join([...byLength].map(([length, ends]) => sql`substring(body from octet_length(body) - ${sql.lit(length - 1)}) = any(${ends.map((end) => Buffer.from(end))}::bytea[])`), sql` or `)})`
}

/** Where all entries stand, or all but decisions. */
export const tableIn = (decisions: boolean): string => (decisions ? 'entry' : 'other_entry')

/** Entries of one log, from one index to before another. */
export interface Span { readonly slot: number; readonly from: number; readonly to: number }

/** Each stretch by the key of the table, however little the planner thinks of it. */
export const stretchesOf = (schema: string, table: string, spans: readonly Span[]): RawBuilder<unknown> => sql`(values ${sql.join(spans.map(({ slot, from, to }) => sql`(${sql.lit(slot)}, ${sql.lit(from)}, ${sql.lit(to)})`))}) as span (slot, first, past)
    cross join lateral (select idx, leaf, body from ${sql.id(schema, table)} as one where one.slot = span.slot and one.idx >= first and one.idx < past offset 0) as entry`
