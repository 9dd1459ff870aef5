/** The rows of a table, as they are read once, on their way into its log: as codes, by those that the log was begun with. */
import { csvFields } from '#inventory'
import { coderUnder, spelled } from './code.ts'
import { readCodedRows, rowWords, type RowPlan, type RowTaker } from './coding.ts'
import type { Coding } from './types.ts'

/** Reads rows of CSV to their end. A row without a subject is nobody's. Throws `Broken` for what is no CSV. */
export async function readRows(bytes: AsyncIterable<Uint8Array>, plan: RowPlan & { readonly key: Uint8Array; readonly coding: Coding }, taker: RowTaker): Promise<void> {
  if (plan.coding === 'siphash') await readCodedRows(bytes, { ...plan, spelled }, taker)
  else await readOneByOne(bytes, plan, taker)
}

/** The same, a value at a time, by whatever codes: some ten times slower. */
export async function readOneByOne(bytes: AsyncIterable<Uint8Array>, { names, identifiers, followed, key, coding }: RowPlan & { readonly key: Uint8Array; readonly coding: Coding }, taker: RowTaker): Promise<void> {
  const coder = coderUnder(key, coding)
  const [identifierAt, followedAt] = [identifiers, followed].map((columns) => columns.map((name) => names.indexOf(name))) as [number[], number[]]
  const words = new Uint32Array(rowWords({ identifiers, followed }))
  const put = (at: number, code: bigint): void => { words[at] = Number(code & 0xffffffffn); words[at + 1] = Number(code >> 32n) }
  for await (const fields of csvFields(bytes)) {
    const value = fields[identifierAt[0]!]
    if (value === null || value === undefined) continue
    const subject = coder.subject(identifiers[0]!, value)
    put(0, subject)
    if ((words[0]! & taker.mask.low) !== 0 || (words[1]! & taker.mask.high) !== 0) continue
    identifiers.forEach((name, at) => { if (at > 0) put(2 * at, codeOf(fields[identifierAt[at]!], (text) => coder.subject(name, text))) })
    followed.forEach((name, at) => { words[2 * identifiers.length + at] = coder.cell(subject, name, fields[followedAt[at]!] ?? null) })
    taker.take(words, 1)
  }
}

const codeOf = (value: string | null | undefined, code: (text: string) => bigint): bigint => (value === null || value === undefined ? 0n : code(value))
