/** What a search searches for, opened once for all that is read. */
import { createHash } from 'node:crypto'
import { Refused } from '#kit/errors'
import { inThisForm } from '../fingerprint/index.ts'
import { segmentSources, type TraceContext } from '../fingerprints.ts'
import { canBeFound } from '../search/index.ts'
import type { FingerprintRecord } from '../types.ts'
import { sweepsIn } from './abandon.ts'
import { openPasses, type Passes } from './passes.ts'

export interface SearchOptions {
  readonly purpose?: string
  /** The controller that the purpose names: it stands in no other's log. */
  readonly about?: string
  /** Places (`placeKey`) that were emptied on purpose, so that a folder without files is known to be right. */
  readonly erased?: ReadonlySet<string>
  /** Ids of the stores to search; all when left out. */
  readonly stores?: readonly string[] | undefined
  /** Places that have not changed since a sweep read them, for the same fingerprints, are not read again. */
  readonly changed?: boolean
  /** Goes on with a search of this purpose that was interrupted, in place of a new one. */
  readonly resume?: boolean
  /** Looks for copies of governed copies as well, by what tells them (`TraceContext.governed`). */
  readonly tells?: boolean
  /** Says where each store led when it was begun and when it ended. */
  readonly leads?: boolean
  readonly bytesPerSecond?: number | undefined
  /** Threads that search one place together; the cores of the machine when left out. */
  readonly threads?: number | undefined
  /** Leaves a sketch of every place that is read in the catalogue; yes when left out. */
  readonly catalogue?: boolean | undefined
  /** Tokens that one table may hold; smaller only in tests. */
  readonly tableTokensMax?: number | undefined
}

/** Where the sealed results of units are. */
export const sweepsDirectory = (context: TraceContext): string => sweepsIn(context.directory)

/** What is searched for, opened: fingerprints that can be asked for in one pass stand together. */
export interface Opened {
  readonly records: readonly FingerprintRecord[]
  readonly unable: readonly string[]
  readonly fingerprints: string
  /** Ways to search for them; their tokens are read when something is. */
  readonly passes: Passes
  /** Ends what was loaded. */
  close(): Promise<void>
}

/** Opens every fingerprint. Throws `Refused` when there are none. */
export async function openForSearch(context: TraceContext, { threads, tableTokensMax, catalogue = true }: Pick<SearchOptions, 'threads' | 'tableTokensMax' | 'catalogue'> = {}): Promise<Opened> {
  const known = await segmentSources(context)
  const opened = known.filter(({ record, source }) => record.state !== 'kept' || inThisForm(source.header))
  if (opened.length === 0) throw new Refused('trace/no-fingerprints', 'there is nothing to search for: no dataset has fingerprints. Run: bailee trace refresh')
  const records = known.map(({ record }) => record)
  const passes = openPasses(opened.map(({ record, source, tokenKey }) => ({ source, tokenKeyId: record.tokenKey, tokenKey })), { tableTokensMax, sketch: catalogue, held: context.held, ...(threads === undefined ? {} : { threads }) })
  return {
    records, unable: known.filter((one) => !opened.includes(one) || !canBeFound(one.source.header)).map(({ record }) => record.id),
    fingerprints: createHash('sha256').update(records.map(({ id, sha256 }) => `${id} ${sha256}\n`).sort().join('')).digest('hex'),
    passes, close: passes.close,
  }
}
