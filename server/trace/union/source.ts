/** Where segments come from when there are too many to hold: opened one after another, each as often as need be. */
import type { ListKind, Segment, SegmentHeader } from '../fingerprint/segment.ts'
import { openFingerprints, openSegmentFile } from '../fingerprint/index.ts'

/** A sealed file and what opens it. */
export interface SealedSegment { readonly file: string; readonly sealKey: Uint8Array }

/** The fingerprints of one dataset. */
export interface SegmentSource {
  readonly header: SegmentHeader
  /** Of the file, where it is known from the ledger. */
  readonly sha256?: string
  /** Opens them anew; whoever calls lets go of them before opening the next. */
  readonly open: () => Promise<Segment>
  /** Where they are, so that a thread can open them by itself; without it they are opened here. Throws when the key is not there any more. */
  readonly sealed?: () => SealedSegment
}

/** Lists of tokens, read in parts. */
export interface SegmentLists {
  readonly header: SegmentHeader
  readonly read: (kind: ListKind, number: number, from?: number, to?: number) => AsyncIterable<BigUint64Array>
  readonly close: () => Promise<void>
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
  return { header: opened.header, open: () => openFingerprints(file, key()), sealed: () => ({ file, sealKey: key() }) }
}

/** The lists of a source that is opened in this thread. Throws as opening does. */
export async function listsOf({ open, sealed }: SegmentSource): Promise<SegmentLists> {
  if (sealed !== undefined) {
    const { file, sealKey } = sealed()
    return openSegmentFile(file, sealKey)
  }
  const { header, ...lists } = await open()
  const read = async function* (kind: ListKind, number: number, from = 0, to = Infinity): AsyncGenerator<BigUint64Array> {
    const list = kind === 'formsDropped' ? undefined : lists[kind][number]
    yield await Promise.resolve((list ?? new BigUint64Array()).slice(from, to))
  }
  return { header, read, close: () => Promise.resolve() }
}

/** Beyond it the table of the exact search no longer fits beside its counters. */
export const exactTokensMax = 180_000_000

/** Tokens of all lists, links and forms included: what an exact search would have to hold. */
export function tokensOf({ columns, links, forms }: SegmentHeader): number {
  return [...columns, ...links, ...forms].reduce((sum, { distinct }) => sum + distinct, 0)
}

/** A list of values: of a column, or of a form of one. */
export interface ValueList {
  readonly kind: 'columns' | 'forms'
  readonly number: number
  /** The column that its values are of. */
  readonly column: number
  readonly length: number
}

/** The lists of values of a segment: columns first, then forms. */
export function valueLists({ columns, forms }: SegmentHeader): ValueList[] {
  return [
    ...columns.map(({ distinct }, number): ValueList => ({ kind: 'columns', number, column: number, length: distinct })),
    ...forms.map(({ distinct, column }, number): ValueList => ({ kind: 'forms', number, column, length: distinct })),
  ]
}

/**
 * The lists that the union filter holds. Weak columns stay out: a row counts for a dataset only with a value of a column that is not weak (`assembly/row.ts`,
 * linkHits; `verdict.ts`, alone), and small numbers of a thousand controllers would let every small number pass.
 */
export const screenedLists = (header: SegmentHeader): ValueList[] => valueLists(header).filter(({ column }) => !isWeak(header, column))

/** Tokens that the union filter holds. */
export const screenedTokens = (header: SegmentHeader): number => screenedLists(header).reduce((sum, { length }) => sum + length, 0)

/** Whether a column counts only beside a stronger one of the same record. */
export const isWeak = ({ columns }: SegmentHeader, column: number): boolean => columns[column]?.weak === true
