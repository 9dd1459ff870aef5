import type { Instant } from '#kit/time'
import type { Answer, Fit, TakenBetween } from './attribution/types.ts'
import type { Figure } from './count.ts'

/** What brought it to light. Of a sample the hash and how many rows: never the rows. */
export type Cause = { readonly kind: 'sample'; readonly sha256: string; readonly rows: number; readonly found: number } | { readonly kind: 'finding'; readonly finding: string } | { readonly kind: 'told' }

/** What is kept of an attribution: names of copies, counts and moments. */
export interface Attributed {
  readonly dataset: string
  readonly answer: Answer
  readonly taken: TakenBetween | null
  readonly rows: number
  readonly notFound: number
  readonly telling: number
  readonly neverHeld: number
  readonly columns: readonly string[]
  readonly fits: readonly Fit[]
  /** How many copies were compared. */
  readonly compared: number
  /** What it does not show. */
  readonly limits: readonly string[]
}

export interface Counted { readonly figures: readonly Figure[]; readonly source: 'stores' | 'recorded earlier' | 'none'; readonly asOf: Instant | null; readonly places: readonly string[] }

/** A breach of one controller's data: an incident that concerns several is one of each, and none names another. */
export interface Breach {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly nature: string
  readonly cause: Cause
  readonly openedBy: string
  /** When the processor came to know of it: the clocks run from here. */
  readonly awareAt: Instant
  readonly openedAt: Instant
  readonly attribution: readonly Attributed[] | null
  readonly attributedAt: Instant | null
  readonly counts: Counted | null
  readonly countedAt: Instant | null
  /** The record of Art. 33(5): what it led to, and what was done. */
  readonly effects: string | null
  readonly measures: string | null
  readonly describedAt: Instant | null
}

export interface Sending { readonly breach: string; readonly phase: number; readonly number: number; readonly channel: 'e-mail' | 'webhook' | 'by hand'; readonly sentBy: string; readonly recipientSha256: string; readonly receipt: string; readonly sentAt: Instant }

/** A notice as it was drafted: one document in both languages. */
export interface BreachNotice { readonly breach: string; readonly phase: number; readonly document: NoticeDocument; readonly sha256: string; readonly draftedAt: Instant }

export interface NoticeDocument {
  readonly breach: string
  readonly phase: number
  readonly supersedes: number | null
  readonly controller: string
  readonly processor: string
  readonly aware_at: string
  readonly drafted_at: string
  readonly figures: readonly Figure[]
  readonly attribution: readonly Attributed[]
  readonly clocks: readonly { readonly of: string; readonly law: string; readonly due: string | null }[]
  readonly text: Readonly<Record<'en' | 'fr', { readonly title: string; readonly sections: readonly { readonly heading: string; readonly says: readonly string[] }[] }>>
}
