import { rows, runBound, sql, type Bound, type Database, type Transaction } from '#database'
import type { EntryRow, PayloadRow } from '../store.ts'
import { biginteger, bigintegers, byteStrings, integer, integers, texts } from './arrays.ts'

/** Whether the database certainly did nothing of what it was asked. */
export { isRefusal } from '#database'

/** A head as it is written: what each log comes to. */
export interface NewHead { readonly slot: number; readonly size: number; readonly frontier: Uint8Array }

export interface Written { readonly entries: readonly EntryRow[]; readonly payloads: readonly PayloadRow[]; readonly heads: readonly NewHead[] }

/** Entries, their parts, and the heads that count them, under the locks of those heads: one statement, because every decision and lease waits for it. */
export async function insertWritten(tx: Transaction, { entries, payloads, heads }: Written): Promise<void> {
  await rows(tx, sql`
    with written as (
      insert into entry (slot, idx, leaf, body) select * from unnest(
        ${integers(entries.map(({ slot }) => slot))}::integer[], ${bigintegers(entries.map(({ index }) => index))}::bigint[], ${byteStrings(entries.map(({ leaf }) => leaf))}::bytea[], ${byteStrings(entries.map(({ body }) => body))}::bytea[])),
    sealed as (
      insert into payload (slot, idx, part, key_id, ciphertext) select * from unnest(
        ${integers(payloads.map(({ slot }) => slot))}::integer[], ${bigintegers(payloads.map(({ index }) => index))}::bigint[], ${texts(payloads.map(({ part }) => part))}::text[],
        ${texts(payloads.map(({ keyId }) => keyId))}::text[], ${byteStrings(payloads.map(({ ciphertext }) => ciphertext))}::bytea[]))
    insert into head (slot, size, frontier) select * from unnest(
      ${integers(heads.map(({ slot }) => slot))}::integer[], ${bigintegers(heads.map(({ size }) => size))}::bigint[], ${byteStrings(heads.map(({ frontier }) => frontier))}::bytea[])
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
  const { entries: [entry, ...moreEntries], payloads: [payload, ...morePayloads] } = rowsLeft
  return entry === undefined || payload === undefined || moreEntries.length + morePayloads.length > 0 ? manyWhereLeft(rowsLeft) : oneWhereLeft(rowsLeft, entry, payload)
}

const callOfMany = `select append_where_left(${Array.from({ length: 15 }, (_, place) => `$${place + 1}`).join(', ')})`

const manyWhereLeft = ({ entries, payloads, heads, before, common }: WrittenWhereLeft): Encoded => ({
  text: callOfMany,
  values: [
    biginteger(common), integers(heads.map(({ slot }) => slot)), bigintegers(before.map(({ size }) => size)), byteStrings(before.map(({ frontier }) => frontier)), bigintegers(heads.map(({ size }) => size)), byteStrings(heads.map(({ frontier }) => frontier)),
    integers(entries.map(({ slot }) => slot)), bigintegers(entries.map(({ index }) => index)), byteStrings(entries.map(({ leaf }) => leaf)), byteStrings(entries.map(({ body }) => body)),
    integers(payloads.map(({ slot }) => slot)), bigintegers(payloads.map(({ index }) => index)), texts(payloads.map(({ part }) => part)), texts(payloads.map(({ keyId }) => keyId)), byteStrings(payloads.map(({ ciphertext }) => ciphertext)),
  ],
})

/** One entry of one part: the commonest of all. No array is taken apart, and no function called. */
const writingOne = `with moved as (
    update head set size = $4::bigint, frontier = $5::bytea where slot = $1::integer and size = $2::bigint and frontier = $3::bytea and ($1 = 0 or (select size from head as known where known.slot = 0) = $6::bigint) returning slot),
  written as (insert into entry (slot, idx, leaf, body) select slot, $7::bigint, $8::bytea, $9::bytea from moved),
  sealed as (insert into payload (slot, idx, part, key_id, ciphertext) select slot, $7, $10::text, $11::text, $12::bytea from moved)
  select slot from moved`

const oneWhereLeft = ({ heads: [head], before: [left], common }: WrittenWhereLeft, { slot, index, leaf, body }: EntryRow, { part, keyId, ciphertext }: PayloadRow): Encoded => ({
  text: writingOne,
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
