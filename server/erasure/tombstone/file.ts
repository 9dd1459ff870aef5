/** Tombstones on disk, beside the fingerprints: for as long as a declared backup can bring back what was erased, and no longer. */
import { createHmac } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TraceContext } from '#trace'
import type { Instant } from '#kit/time'
import { rowMarker, type RowMark } from './marks.ts'

export interface Tombstone {
  readonly erasure: string
  readonly round: number
  readonly number: number
  /** When the last backup that holds these rows has expired. */
  readonly until: Instant
  readonly marks: ReadonlySet<bigint>
}

const suffix = '.tombstone'
const folderOf = (context: TraceContext): string => join(dirname(context.directory), 'tombstones')
const fileOf = (context: TraceContext, { erasure, round, number }: Pick<Tombstone, 'erasure' | 'round' | 'number'>): string => join(folderOf(context), `${encodeURIComponent(erasure)}.${round}.${number}${suffix}`)

/** Marks rows of one erasure: those of another are others. */
export const markerFor = ({ ledger }: TraceContext, erasure: string): RowMark => rowMarker(createHmac('sha256', ledger.keys.traceKey('names', 1).key).update(`tombstone of ${erasure}`).digest())

/** Durable when it returns: before anything is erased. */
export function writeTombstone(context: TraceContext, tombstone: Tombstone): void {
  mkdirSync(folderOf(context), { recursive: true, mode: 0o700 })
  const file = fileOf(context, tombstone)
  const marks = BigUint64Array.from(tombstone.marks).sort()
  const header = Buffer.alloc(8)
  header.writeBigInt64BE(BigInt(tombstone.until))
  const draft = openSync(`${file}.draft`, 'w', 0o600)
  try {
    writeSync(draft, header)
    writeSync(draft, new Uint8Array(marks.buffer))
    fsyncSync(draft)
  } finally {
    closeSync(draft)
  }
  renameSync(`${file}.draft`, file)
  const folder = openSync(folderOf(context), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** The tombstone of one step; undefined when there is none, or when it has expired. */
export function readTombstone(context: TraceContext, of: Pick<Tombstone, 'erasure' | 'round' | 'number'>, at: Instant): Tombstone | undefined {
  const file = fileOf(context, of)
  if (!existsSync(file)) return undefined
  const bytes = readFileSync(file)
  const until = Number(bytes.readBigInt64BE(0))
  if (until <= at) return undefined
  return { ...of, until, marks: new Set(new BigUint64Array(new Uint8Array(bytes.subarray(8)).buffer)) }
}

/** Removes tombstones that no backup needs any more. Resolves to how many. */
export function removeExpired(context: TraceContext, at: Instant): number {
  const folder = folderOf(context)
  let removed = 0
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const file = join(folder, name)
    if (!name.endsWith(suffix) || Number(readFileSync(file).readBigInt64BE(0)) > at) continue
    rmSync(file)
    removed += 1
  }
  return removed
}
