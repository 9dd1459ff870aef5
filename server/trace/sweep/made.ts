/** Reads a found copy once more, to see which values that changed it holds, and so when it was probably made. */
import { isUnread, wholeUnit, type Part } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import { epochOf, readChanges, readTokens, type ChangeLog, type DatasetColumn } from '../fingerprint/index.ts'
import { columnsMax } from '../fingerprint/layout.ts'
import { changesFile, sealKeyOf, tokenKeyOf, type TraceContext } from '../fingerprints.ts'
import type { SearchablePlace } from '../places.ts'
import type { DatasetResult } from '../search/index.ts'
import type { FingerprintRecord, ProbablyMade, SearchedPart } from '../types.ts'
import { probablyMade, type Between, type ChangeHeld } from './dating.ts'
import { guarded } from './readUnit.ts'

/** Of one copy, so many bytes are read again: a few seconds. */
export const datedBytesMax = 1024 ** 3

export interface CopyToDate {
  readonly place: SearchablePlace
  /** Those that hold it. */
  readonly parts: readonly SearchedPart[]
  /** Of the table whose copy it is, and what was found of it. */
  readonly record: FingerprintRecord
  readonly result: DatasetResult
  /** Slows reading down, where searches are to be slow. */
  through(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
}

const unknown = (because: string): ProbablyMade => ({ after: null, before: null, afterBy: null, beforeBy: null, several: false, changed: 0, held: 0, because: `cannot tell: ${because}` })

/** Never throws for what a copy holds or where it is: what cannot be read any more cannot be dated, and that is the answer. */
export async function dateCopy(context: TraceContext, copy: CopyToDate): Promise<ProbablyMade> {
  const { record } = copy
  const log = await readChanges(changesFile(context, record.id), sealKeyOf(context, record)).catch(damagedIsNothing)
  const epochKey = tokenKeyOf(context.ledger.keys, record.tokenKey)
  if (log === undefined || log.epoch !== epochOf(epochKey)) return unknown('no earlier versions of this dataset are known')
  try {
    const { seen, whole } = await lookUp(copy, log, epochKey)
    if (seen.size === 0) return unknown('none of its values stands in a field of its own')
    return probablyMade(heldIn(seen, copy), { whole })
  } catch (cause) {
    if (cause instanceof Broken) return unknown('the copy could not be read once more')
    throw cause
  }
}

/** A log that is damaged, or sealed with another key, tells nothing: the next refresh begins it anew. */
function damagedIsNothing(cause: unknown): undefined {
  if (cause instanceof Broken || cause instanceof Refused) return undefined
  throw cause
}

/** Which changed values the copy holds, by column; `whole`: every part that holds the dataset was read to its end. */
async function lookUp({ place, parts, record, through }: CopyToDate, log: ChangeLog, epochKey: Uint8Array): Promise<{ seen: ReadonlyMap<string, Seen>; whole: boolean }> {
  const seen = new Map<string, Seen>()
  const left = { bytes: datedBytesMax }
  const wanted = new Map(parts.map((part) => [part.name, fieldsOf(part, record.id)]))
  for await (const part of guarded(place.open(wholeUnit))) {
    const fields = wanted.get(part.name) ?? []
    if (isUnread(part) || part.shape !== 'rows' || fields.length === 0) continue
    if (left.bytes > 0) await lookIn(part, fields, { log, epochKey, seen, rows: through(atMost(guarded(part.bytes), left)) })
    if (left.bytes > 0) wanted.delete(part.name)
    else break
  }
  return { seen, whole: wanted.size === 0 }
}

interface Looking { readonly log: ChangeLog; readonly epochKey: Uint8Array; readonly seen: Map<string, Seen>; readonly rows: AsyncIterable<Uint8Array> }

async function lookIn({ delimiter }: Part, fields: readonly Field[], { log, epochKey, seen, rows }: Looking): Promise<void> {
  const columns = Array.from({ length: Math.max(...fields.map(({ field }) => field)) + 1 }, (_, field): DatasetColumn => ({ name: String(field), identifies: fields.some((one) => one.field === field) }))
  const named = columns.flatMap(({ identifies }, field) => (identifies ? [fields.find((one) => one.field === field)!.column] : []))
  for (const column of named) if (!seen.has(column)) seen.set(column, createSeen(log, column))
  await readTokens({ epochKey, columns, delimiter, rows }, (column, tokens) => seen.get(named[column]!)!.add(tokens))
}

interface Field { readonly field: number; readonly column: string }

/** Of each column the field that holds most of it, unchanged; as many columns as are looked at together. */
function fieldsOf(part: SearchedPart, dataset: string): Field[] {
  const best = new Map<string, Field & { hits: number }>()
  for (const { field, column, form, hits } of part.results.find((result) => result.dataset === dataset)?.fields ?? []) {
    if (form === null && hits > (best.get(column)?.hits ?? 0)) best.set(column, { field, column, hits })
  }
  const fields = new Map([...best.values()].sort((a, b) => a.hits - b.hits).map((one) => [one.field, one])) // a field counts for the column that it holds most of
  return [...fields.values()].sort((a, b) => b.hits - a.hits).slice(0, columnsMax)
}

async function* atMost(bytes: AsyncIterable<Uint8Array>, left: { bytes: number }): AsyncGenerator<Uint8Array> {
  for await (const part of bytes) {
    yield part
    left.bytes -= part.length
    if (left.bytes <= 0) return
  }
}

interface Life { came: Between | null; went: Between | null; held: boolean }

/** Which changed values of a column a copy holds. */
interface Seen {
  readonly lives: ReadonlyMap<bigint, Life>
  add(tokens: BigUint64Array): void
}

function createSeen(log: ChangeLog, column: string): Seen {
  const lives = new Map<bigint, Life>()
  for (const { kind, after, by, tokens } of log.changes.filter((change) => change.column === column)) {
    for (const token of tokens) {
      const life: Life = lives.get(token) ?? { came: null, went: null, held: false }
      lives.set(token, kind === 'appeared' ? { ...life, came: { after, by } } : { ...life, went: { after, by } })
    }
  }
  return {
    lives,
    add: (tokens) => {
      for (const token of tokens) {
        const life = lives.get(token)
        if (life !== undefined) life.held = true
      }
    },
  }
}

/** For each way to come and go the column of which most values did, among those that the copy has: the columns of one person change together, and count once. */
function heldIn(seen: ReadonlyMap<string, Seen>, { record, result }: CopyToDate): ChangeHeld[] {
  const kinds = [...seen].flatMap(([column, { lives }]) => [...Map.groupBy(lives.values(), ({ came, went }) => JSON.stringify([came, went]))].map(([kind, same]) => ({ kind, same, column })))
  return [...Map.groupBy(kinds, ({ kind }) => kind).values()].map((columns): ChangeHeld => {
    const { same, column } = columns.reduce((most, one) => (one.same.length > most.same.length ? one : most))
    const values = result.columns.find((one) => one.column === column)?.distinct ?? 0
    return { came: same[0]!.came, went: same[0]!.went, changed: same.length, held: same.filter(({ held }) => held).length, share: Math.min(1, values / Math.max(1, record.records)) }
  })
}
