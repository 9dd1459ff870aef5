/** Where segments come from when there are too many to hold: opened one after another, each as often as need be. */
import type { Segment, SegmentHeader } from '../fingerprint/index.ts'
import { openFingerprints } from '../fingerprint/index.ts'

/** The fingerprints of one dataset. */
export interface SegmentSource {
  readonly header: SegmentHeader
  /** Opens them anew; whoever calls lets go of them before opening the next. */
  readonly open: () => Promise<Segment>
}

/** A segment that is in memory anyway. */
export function openSource(segment: Segment): SegmentSource {
  return { header: segment.header, open: () => Promise.resolve(segment) }
}

/**
 * A sealed file under its controller's key. Opens it once to know what it holds; throws as `openFingerprints` does, and so does `open`: a key
 * that was destroyed opens nothing any more.
 */
export async function sealedSource(file: string, key: () => Uint8Array): Promise<SegmentSource> {
  const { header } = await openFingerprints(file, key())
  return { header, open: () => openFingerprints(file, key()) }
}

/** Tokens of all lists, links included: what an exact search would have to hold. */
export function tokensOf({ columns, links }: SegmentHeader): number {
  return [...columns, ...links].reduce((sum, { distinct }) => sum + distinct, 0)
}

/**
 * Tokens that the union filter holds. Weak columns stay out: a row counts for a dataset only with a value of a column that is not weak (`assembly/row.ts`,
 * linkHits; `verdict.ts`, alone), and small numbers of a thousand controllers would let every small number pass.
 */
export function screenedTokens({ columns }: SegmentHeader): number {
  return columns.reduce((sum, { weak, distinct }) => sum + (weak ? 0 : distinct), 0)
}

/** The lists that the union filter holds. */
export function screenedLists(segment: Segment): BigUint64Array[] {
  return segment.columns.filter((_, column) => segment.header.columns[column]?.weak !== true)
}
