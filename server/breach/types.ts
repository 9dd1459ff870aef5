import type { Instant } from '#kit/time'
import type { Answer, Fit, TakenBetween } from './attribution/types.ts'
import type { Figure } from './count.ts'

/** What brought it to light. Of a sample what concerns its controller: how many of its rows are of its people, and how many people that is; never the rows, nor how many are others'. */
export type Cause = { readonly kind: 'sample'; readonly found: number; readonly people: number; /** HMAC-SHA-256 of the file under the key of the controller's fingerprints: equal for nobody else. Null when that key is gone. */ readonly mac: string | null } | { readonly kind: 'finding'; readonly finding: string } | { readonly kind: 'told' }

/** What is kept of an attribution: names of copies, counts and moments. */
export interface Attributed {
  readonly dataset: string
  readonly answer: Answer
  readonly taken: TakenBetween | null
  readonly rows: number
  /** People among them; absent for what was attributed before they were counted. */
  readonly people?: number
  readonly telling: number
  readonly neverHeld: number
  readonly columns: readonly string[]
  readonly fits: readonly Fit[]
  /** How many copies were compared. */
  readonly compared: number
  /** What it does not show. */
  readonly limits: readonly string[]
}

/** What a count does not show. */
export type CountLimit = 'counted later' | 'partly counted' | 'overlap' | 'more than counted'

/** `asOf` and `until`: of the earliest and the latest count that went into it. */
export interface Counted { readonly figures: readonly Figure[]; readonly source: 'stores' | 'recorded earlier' | 'both' | 'none'; readonly asOf: Instant | null; readonly until?: Instant | null; readonly places: readonly string[]; /** Rows of those places. */ readonly rows?: number | null; readonly limits?: readonly CountLimit[] }

/** What a contract says of breaches, as it stood when the processor came to know. */
export interface Terms { readonly contract: string; readonly hours: number | null; readonly inForce: boolean }

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
  /** Null where it was opened before they were kept. */
  readonly terms: Terms | null
  readonly attribution: readonly Attributed[] | null
  readonly attributedAt: Instant | null
  readonly counts: Counted | null
  readonly countedAt: Instant | null
  /** The record of Art. 33(5): what it led to, and what was done. */
  readonly effects: string | null
  readonly measures: string | null
  /** Why its controller was told later than the contract says. */
  readonly delay: string | null
  readonly describedAt: Instant | null
}

export interface Sending { readonly breach: string; readonly phase: number; readonly number: number; readonly channel: 'e-mail' | 'webhook' | 'by hand'; readonly sentBy: string; readonly recipientSha256: string; readonly begunAt: Instant; /** `begun`: nothing is known of what came of it. */ readonly outcome: 'begun' | 'sent' | 'not sent' | 'unknown'; readonly messageId: string | null; readonly receipt: string | null; readonly settledAt: Instant | null }

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
