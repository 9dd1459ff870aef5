import type { Instant } from '#kit/time'
import type { SampledRow } from '#trace'

/** A copy that somebody may have lost: what it held, and of when. */
export interface CandidateCopy {
  readonly id: string
  /** When it was made, between these moments; equal where that is recorded. */
  readonly after: Instant
  readonly by: Instant
  /** Columns of the dataset that it holds as they are; null: not known, so that none speaks for it or against it. */
  readonly columns: ReadonlySet<string> | null
  /** How many rows it held. */
  readonly rows: number
  /** Whether it took a row of the sample (by its position), as the row was at that moment. */
  readonly admits: (row: number, at: Instant) => boolean
  /** Its rows were drawn under a key of its own, so that nobody else can have drawn the same. */
  readonly drawnByKey: boolean
}

/** One way in which somebody may have taken a copy that nobody recorded. */
export interface UnknownCopy { readonly rows: number; readonly prior: number; readonly admits: CandidateCopy['admits'] }

/** What a sample shows, beside what the dataset held when. */
export interface Evidence {
  readonly rows: readonly SampledRow[]
  /** Rows whose subject the dataset never held; they tell nothing. */
  readonly notFound: number
  /** Columns of the dataset that the sample has. */
  readonly columns: readonly string[]
  /** By column, the chance that somebody else's value is the same: an altered value is one of another time as often. Without, as if all were alike. */
  readonly alike?: ReadonlyMap<string, number>
  /** People the dataset holds. */
  readonly subjects: number
  /** The time that the log of cells covers: a copy made before it looks like one made when it began. */
  readonly from: Instant
  readonly to: Instant
  readonly unknown: readonly UnknownCopy[]
  /** Copies whose mark or canaries the sample holds. */
  readonly marked: readonly { readonly copy: string; readonly by: 'mark' | 'canary'; readonly certainty: number }[]
}

/** How well one registered copy explains a sample. */
export interface Fit {
  readonly copy: string
  /** Among registered copies, and beside one that nobody recorded; 0 to 1. */
  readonly share: number
  readonly shareBesideUnknown: number
  readonly rowsOutside: number
  readonly valuesOfOtherTimes: number
  /** Columns of the sample that the copy did not hold. */
  readonly columnsMissing: readonly string[]
}

/** Five answers; a copy is never named without how it was come by. */
export type Answer =
  | { readonly kind: 'identified'; readonly copy: string; readonly by: 'mark' | 'canary' | 'versions'; readonly certainty: number }
  | { readonly kind: 'only registered copy that fits'; readonly copy: string }
  | { readonly kind: 'one of'; readonly copies: readonly string[] }
  | { readonly kind: 'no registered copy fits' }
  | { readonly kind: 'cannot tell'; readonly because: string }

/** When the sample was taken from the dataset, from what its cells hold; whoever made the copy. */
export interface TakenBetween { readonly after: Instant; readonly by: Instant; readonly beginsWithLog: boolean; readonly endsWithLog: boolean }

export interface Attribution {
  readonly answer: Answer
  /** Null where nothing dates it. */
  readonly taken: TakenBetween | null
  /** Cells and subjects of the sample that ever changed, and so tell one time from another. */
  readonly telling: number
  readonly compared: number
  /** Values that no version of their cell ever was: no evidence for any copy. */
  readonly neverHeld: number
  readonly rows: number
  readonly notFound: number
  /** Copies that fit, best first. */
  readonly fits: readonly Fit[]
}
