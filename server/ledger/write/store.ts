import { Broken } from '#kit/errors'
import { rows, runBound, sql, type Bound, type Database, type Transaction } from '#database'
import type { EntryRow, PayloadRow } from '../store.ts'
import { biginteger, bigintegers, byteStrings, integer, integers, texts } from './arrays.ts'

/** Whether the database certainly did nothing of what it was asked. */
export { isRefusal } from '#database'

/** A head as it is written: what each log comes to. */
export interface NewHead { readonly slot: number; readonly size: number; readonly frontier: Uint8Array }

/** An entry as it is written; decisions go into a table of their own. */
export interface NewEntry extends EntryRow { readonly isDecision: boolean }

/** Entries in the order in which they were made, and their parts in the same order. */
export interface Written { readonly entries: readonly NewEntry[]; readonly payloads: readonly PayloadRow[]; readonly heads: readonly NewHead[] }

/** Columns of rows of one table of entries: each with its first part, where it has any. */
interface Columns { readonly entries: NewEntry[]; readonly parts: (PayloadRow | undefined)[] }

/** What goes into which table: the first part of an entry beside it, the others by themselves. Throws `Broken` for a part that does not follow its entry. */
function tablesOf({ entries, payloads }: Written): { others: Columns; decisions: Columns; further: PayloadRow[] } {
  const [others, decisions, further]: [Columns, Columns, PayloadRow[]] = [{ entries: [], parts: [] }, { entries: [], parts: [] }, []]
  let at = 0
  for (const entry of entries) {
    const columns = entry.isDecision ? decisions : others
    const isOwn = (part: PayloadRow | undefined): part is PayloadRow => part !== undefined && part.slot === entry.slot && part.index === entry.index
    columns.entries.push(entry)
    columns.parts.push(isOwn(payloads[at]) ? payloads[at++] : undefined)
    while (isOwn(payloads[at])) further.push(payloads[at++]!)
  }
  if (at < payloads.length) throw new Broken('ledger/parts-out-of-order', 'a part follows another entry than its own; nothing was written') // else it would be left out in silence
  return { others, decisions, further }
}

const encodedEntries = ({ entries, parts }: Columns): Buffer[] => [
  integers(entries.map(({ slot }) => slot)), bigintegers(entries.map(({ index }) => index)), byteStrings(entries.map(({ leaf }) => leaf)), byteStrings(entries.map(({ body }) => body)),
  texts(parts.map((part) => part?.part)), texts(parts.map((part) => part?.keyId)), byteStrings(parts.map((part) => part?.ciphertext)),
]
const encodedParts = (parts: readonly PayloadRow[]): Buffer[] => [
  integers(parts.map(({ slot }) => slot)), bigintegers(parts.map(({ index }) => index)), texts(parts.map(({ part }) => part)), texts(parts.map(({ keyId }) => keyId)), byteStrings(parts.map(({ ciphertext }) => ciphertext)),
]

/** Entries, their parts, and the heads that count them, under the locks of those heads: one statement, because every decision and lease waits for it. */
export async function insertWritten(tx: Transaction, written: Written): Promise<void> {
  const { others, decisions, further } = tablesOf(written)
  const unnested = ([slots, indices, leaves, bodies, parts, keyIds, ciphertexts]: Buffer[]): ReturnType<typeof sql> =>
    sql`select * from unnest(${slots}::integer[], ${indices}::bigint[], ${leaves}::bytea[], ${bodies}::bytea[], ${parts}::text[], ${keyIds}::text[], ${ciphertexts}::bytea[])`
  const [slots, indices, parts, keyIds, ciphertexts] = encodedParts(further)
  await rows(tx, sql`
    with others as (insert into other_entry (slot, idx, leaf, body, part, key_id, ciphertext) ${unnested(encodedEntries(others))}),
    decisions as (insert into decision_entry (slot, idx, leaf, body, part, key_id, ciphertext) ${unnested(encodedEntries(decisions))}),
    further as (insert into further_part (slot, idx, part, key_id, ciphertext) select * from unnest(${slots}::integer[], ${indices}::bigint[], ${parts}::text[], ${keyIds}::text[], ${ciphertexts}::bytea[]))
    insert into head (slot, size, frontier) select * from unnest(
      ${integers(written.heads.map(({ slot }) => slot))}::integer[], ${bigintegers(written.heads.map(({ size }) => size))}::bigint[], ${byteStrings(written.heads.map(({ frontier }) => frontier))}::bytea[])
    on conflict (slot) do update set size = excluded.size, frontier = excluded.frontier`)
}

/** Rows to be written behind heads as they were left: what each log was (`before`, in the order of `heads`, whose slots ascend), and how large the common one. */
export interface WrittenWhereLeft extends Written {
  readonly before: readonly { readonly size: number; readonly frontier: Uint8Array }[]
  readonly common: number
}

/** The statement that writes them, with all of its values as they are sent: made while the database is at other work. */
export type Encoded = Bound

export function encodeWhereLeft(rowsLeft: WrittenWhereLeft): Encoded {
  const { entries: [entry, ...moreEntries], payloads: [payload, ...moreParts] } = rowsLeft
  return entry === undefined || payload === undefined || moreEntries.length + moreParts.length > 0 ? manyWhereLeft(rowsLeft) : oneWhereLeft(rowsLeft, entry, payload)
}

const callOfMany = `select append_where_left(${Array.from({ length: 25 }, (_, place) => `$${place + 1}`).join(', ')})`

function manyWhereLeft(rowsLeft: WrittenWhereLeft): Encoded {
  const { heads, before, common } = rowsLeft
  const { others, decisions, further } = tablesOf(rowsLeft)
  return {
    text: callOfMany,
    values: [
      biginteger(common), integers(heads.map(({ slot }) => slot)), bigintegers(before.map(({ size }) => size)), byteStrings(before.map(({ frontier }) => frontier)), bigintegers(heads.map(({ size }) => size)), byteStrings(heads.map(({ frontier }) => frontier)),
      ...encodedEntries(others), ...encodedEntries(decisions), ...encodedParts(further),
    ],
  }
}

/** One entry of one part: the commonest of all. No array is taken apart, and no function called. */
const writingOne = (table: 'other_entry' | 'decision_entry'): string => `with moved as (
    update head set size = $4::bigint, frontier = $5::bytea where slot = $1::integer and size = $2::bigint and frontier = $3::bytea and ($1 = 0 or (select size from head as known where known.slot = 0) = $6::bigint) returning slot)
  insert into ${table} (slot, idx, leaf, body, part, key_id, ciphertext) select slot, $7::bigint, $8::bytea, $9::bytea, $10::text, $11::text, $12::bytea from moved`
const [writingOther, writingDecision] = [writingOne('other_entry'), writingOne('decision_entry')]

const oneWhereLeft = ({ heads: [head], before: [left], common }: WrittenWhereLeft, { slot, index, leaf, body, isDecision }: NewEntry, { part, keyId, ciphertext }: PayloadRow): Encoded => ({
  text: isDecision ? writingDecision : writingOther,
  values: [integer(slot), biginteger(left!.size), left!.frontier, biginteger(head!.size), head!.frontier, biginteger(common), biginteger(index), leaf, body, Buffer.from(part), Buffer.from(keyId), ciphertext],
})

/**
 * Writes entries, their parts and their heads in one statement, if every head is where it was left and the common log has not grown; otherwise throws what `isHeadMoved` tells, and nothing was written.
 * Also the lock: of two writers at once one waits, and then finds that the heads have moved.
 */
export async function insertWhereLeft(executor: Database | Transaction, encoded: Encoded): Promise<void> {
  const written = await runBound(executor, encoded)
  if (written === 0) throw Object.assign(new Error('a head has moved'), { code: headMoved })
}

/** Whether that is what the function raises when heads are elsewhere. */
export const isHeadMoved = (cause: unknown): boolean => (cause as { code?: string }).code === headMoved

const headMoved = 'BH001'
