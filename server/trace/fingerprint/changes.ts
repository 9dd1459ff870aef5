/**
 * The change log of a table: which tokens came and went between its refreshes, and when. Only of values that ever changed: the others tell nothing of a copy's age. A file
 * sealed with the same key as the fingerprints (`sealed.ts`); it dies with that key.
 */
import { existsSync } from 'node:fs'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import { createSealed, openSealed, type Sealing } from './sealed.ts'
import { concatenate, difference, sampleOf, union } from './tokens.ts'

/** Refreshes told apart; of more, the oldest neighbours become one. Two years of weekly ones. */
export const momentsMax = 104

/** Tokens kept of one column, 2 MiB. Beyond it every other token is left out, by its own bits: what came and what went is sampled alike, so that nothing seems to come or go that only left the sample. */
export const tokensMax = 262_144

/** Tokens of one column that came, or went, between two moments. */
export interface Change {
  readonly column: string
  readonly kind: 'appeared' | 'gone'
  /** Not there yet, or still there, at this moment; null: not known. */
  readonly after: Instant | null
  /** There, or gone, at this one. */
  readonly by: Instant
  /** Ascending. */
  readonly tokens: BigUint64Array
}

/** When rows were read: a refresh takes its time. */
export interface ReadSpan { readonly from: Instant; readonly to: Instant }

export interface ChangeLog {
  /** Names the key of the tokens (`epochOf`): under another one nothing in it compares. A new normal form begins it anew. */
  readonly epoch: string
  /** When the last refresh began to read; null: not known. */
  readonly refreshedAt: Instant | null
  /** When the last one that read all rows began: who left since is not known. */
  readonly comparedAt: Instant | null
  /** Every row had a watermark then: a value that a refresh by watermark sees for the first time was not there at the refresh before. */
  readonly marked: boolean
  /** By column, how often the sample was halved. */
  readonly halved: Readonly<Record<string, number>>
  readonly changes: readonly Change[]
}

/** A log that knows nothing yet. */
export function emptyLog(epoch: string): ChangeLog {
  return { epoch, refreshedAt: null, comparedAt: null, marked: false, halved: {}, changes: [] }
}

/** Of a part of a column, in order. */
export interface ChangedPart {
  readonly appeared: BigUint64Array
  /** Known from before and not there now; empty where not all rows were read. */
  readonly missing: BigUint64Array
  /** There now, and known before as gone. */
  readonly back: BigUint64Array
}

/** What one refresh saw of a column: of its tokens, those that are left when the sample was halved so often. */
export interface ColumnChanges extends ChangedPart {
  readonly column: string
  readonly halved: number
}

/** Gathers what is seen of one column, part by part, and never more than twice what is kept. */
export interface ChangeTaker {
  /** What is known to have gone, ascending. */
  readonly gone: BigUint64Array
  take(part: ChangedPart): void
  taken(): ColumnChanges
}

/** Takes what changed in a column that goes on from this log. */
export function takeChanges(log: ChangeLog, column: string): ChangeTaker {
  let halved = log.halved[column] ?? 0
  let parts: ChangedPart[] = []
  let held = 0
  const joinParts = (): ChangedPart => ({ appeared: concatenate(parts.map(({ appeared }) => appeared)), missing: concatenate(parts.map(({ missing }) => missing)), back: concatenate(parts.map(({ back }) => back)) })
  const add = (part: ChangedPart): void => {
    const sampled = sampledPart(part, halved)
    parts.push(sampled)
    held += sizeOf(sampled)
  }
  return {
    gone: joined(log.changes.filter((change) => change.column === column && change.kind === 'gone')),
    take: (part) => {
      add(part)
      while (held > tokensMax * 2) {
        const whole = joinParts()
        halved += 1
        parts = []
        held = 0
        add(whole)
      }
    },
    taken: () => ({ column, halved, ...joinParts() }),
  }
}

const sizeOf = ({ appeared, missing, back }: ChangedPart): number => appeared.length + missing.length + back.length
const sampledPart = ({ appeared, missing, back }: ChangedPart, halved: number): ChangedPart => ({ appeared: sampleOf(appeared, halved), missing: sampleOf(missing, halved), back: sampleOf(back, halved) })

export interface Refreshing {
  readonly read: ReadSpan
  /** All rows were read, and none was left out. */
  readonly compared: boolean
  /** Every row has a watermark; told where all were read. */
  readonly marked: boolean
  readonly columns: readonly ColumnChanges[]
}

/** The log with one refresh more. What was gone and came back is no evidence, and is taken out. Pure. */
export function withRefresh(log: ChangeLog, { read, compared, marked, columns }: Refreshing): ChangeLog {
  const since = compared || !log.marked ? log.comparedAt : log.refreshedAt
  const untouched = log.changes.filter((change) => !columns.some(({ column }) => column === change.column))
  const halved = { ...log.halved }
  const changes = columns.flatMap((seen): readonly Change[] => {
    const { column } = seen
    const { appeared, missing, back } = sampledPart(seen, Math.max(seen.halved, log.halved[column] ?? 0))
    const before = log.changes.filter((change) => change.column === column)
    const known = joined(before)
    const goneBefore = joined(before.filter(({ kind }) => kind === 'gone'))
    const kept = before.map((change) => ({ ...change, tokens: difference(change.tokens, back) }))
    const fresh = (kind: Change['kind'], tokens: BigUint64Array): Change => ({ column, kind, after: since, by: read.to, tokens })
    const fitted = fit([...kept, fresh('appeared', difference(appeared, known)), fresh('gone', difference(missing, goneBefore))], Math.max(seen.halved, log.halved[column] ?? 0))
    halved[column] = fitted.halved
    return fitted.changes
  })
  const all = [...untouched, ...changes].filter(({ tokens }) => tokens.length > 0)
  return { ...log, refreshedAt: read.from, ...(compared ? { comparedAt: read.from, marked } : {}), halved, changes: bounded(all) }
}

/** Halves the sample of one column until it fits. */
function fit(changes: readonly Change[], halved: number): { changes: readonly Change[]; halved: number } {
  const sampled = changes.map((change) => ({ ...change, tokens: sampleOf(change.tokens, halved) }))
  return sampled.reduce((sum, { tokens }) => sum + tokens.length, 0) > tokensMax ? fit(sampled, halved + 1) : { changes: sampled, halved }
}

const joined = (changes: readonly Change[]): BigUint64Array => changes.reduce((all: BigUint64Array, { tokens }) => union(all, tokens), new BigUint64Array(0))

/** Joins the two oldest refreshes until there are few enough. */
function bounded(changes: readonly Change[]): readonly Change[] {
  const moments = [...new Set(changes.map(({ by }) => by))].sort((a, b) => a - b)
  if (moments.length <= momentsMax) return changes
  const [first, second] = moments as [Instant, Instant]
  const older = [...Map.groupBy(changes.filter(({ by }) => by <= second), ({ column, kind }) => `${kind} ${column}`).values()].map((same): Change => {
    const begins = same.map(({ after }) => after)
    return { ...same[0]!, after: begins.includes(null) ? null : Math.min(...begins.map((after) => after ?? first)), by: second, tokens: joined(same) }
  })
  return bounded([...older, ...changes.filter(({ by }) => by > second)])
}

/** The log without these tokens: somebody is forgotten. Pure. */
export function withoutTokens(log: ChangeLog, tokens: BigUint64Array): ChangeLog {
  return { ...log, changes: log.changes.map((change) => ({ ...change, tokens: difference(change.tokens, tokens) })).filter((change) => change.tokens.length > 0) }
}

const lengthBytes = 8

/** Writes the log in place of the one before: a reader sees one or the other, whole. */
export async function writeChanges(file: string, log: ChangeLog, sealing: Sealing): Promise<void> {
  const writer = await createSealed(file, sealing)
  try {
    for (const { tokens } of log.changes) await writer.put(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength))
    const header = Buffer.from(JSON.stringify({ ...log, changes: log.changes.map(({ tokens, ...change }) => ({ ...change, tokens: tokens.length })) }))
    const length = Buffer.alloc(lengthBytes)
    length.writeBigUInt64LE(BigInt(header.length))
    await writer.put(Buffer.concat([header, length]))
    await writer.finish()
  } finally {
    await writer.abandon()
  }
}

/** The log in that file; undefined when there is none. Throws as `openSealed` does. */
export async function readChanges(file: string, sealKey: Uint8Array): Promise<ChangeLog | undefined> {
  if (!existsSync(file)) return undefined
  const sealed = await openSealed(file, sealKey)
  try {
    const parts: Uint8Array[] = []
    for await (const part of sealed.read(0, sealed.length)) parts.push(part)
    const bytes = Buffer.concat(parts)
    const length = bytes.length < lengthBytes ? Infinity : Number(bytes.readBigUInt64LE(bytes.length - lengthBytes))
    if (length > bytes.length - lengthBytes) throw new Broken('trace/segment-malformed', 'a change log has no header')
    const header = JSON.parse(bytes.toString('utf8', bytes.length - lengthBytes - length, bytes.length - lengthBytes)) as Omit<ChangeLog, 'changes'> & { changes: (Omit<Change, 'tokens'> & { tokens: number })[] }
    let at = 0
    const changes = header.changes.map((change): Change => {
      const tokens = new BigUint64Array(change.tokens)
      new Uint8Array(tokens.buffer).set(bytes.subarray(at, at += change.tokens * 8))
      return { ...change, tokens }
    })
    return { ...header, changes }
  } finally {
    await sealed.close()
  }
}
