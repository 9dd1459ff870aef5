/** Where segments come from when there are too many to hold: opened one after another, each as often as need be. */
import type { Segment, SegmentHeader } from '../fingerprint/index.ts'
import { openFingerprints, openSegmentFile } from '../fingerprint/index.ts'

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
 * A sealed file under its controller's key. Opens it to know what it holds; throws as `openFingerprints` does, and so does `open`: a key
 * that was destroyed opens nothing any more.
 */
export async function sealedSource(file: string, key: () => Uint8Array): Promise<SegmentSource> {
  const opened = await openSegmentFile(file, key())
  await opened.close()
  return { header: opened.header, open: () => openFingerprints(file, key()) }
}

/** Tokens of all lists, links and forms included: what an exact search would have to hold. */
export function tokensOf({ columns, links, forms }: SegmentHeader): number {
  return [...columns, ...links, ...forms].reduce((sum, { distinct }) => sum + distinct, 0)
}

/**
 * Tokens that the union filter holds. Weak columns stay out: a row counts for a dataset only with a value of a column that is not weak (`assembly/row.ts`,
 * linkHits; `verdict.ts`, alone), and small numbers of a thousand controllers would let every small number pass.
 */
export function screenedTokens(header: SegmentHeader): number {
  const lists = [...header.columns.filter((_, column) => !isWeak(header, column)), ...header.forms.filter(({ column }) => !isWeak(header, column))]
  return lists.reduce((sum, { distinct }) => sum + distinct, 0)
}

/** Whether a column counts only beside a stronger one of the same record. */
export const isWeak = ({ columns }: SegmentHeader, column: number): boolean => columns[column]?.weak === true

/** The lists that the union filter holds. */
export function screenedLists({ header, columns, forms }: Segment): BigUint64Array[] {
  return [...columns.filter((_, column) => !isWeak(header, column)), ...forms.filter((_, form) => !isWeak(header, header.forms[form]!.column))]
}
