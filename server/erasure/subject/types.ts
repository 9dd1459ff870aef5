import type { Instant } from '#kit/time'
import type { PersonRecord } from '#trace'

/** What a controller asks about one person. The values live in its file and in memory, nowhere else. */
export interface SubjectRequest {
  /** The controller's own reference; recorded, so it names nobody. */
  readonly id: string
  readonly kind: 'access' | 'erasure'
  /** The instruction that covers it. */
  readonly instruction: string
  /** By columns of the controller's datasets. */
  readonly person: readonly PersonRecord[]
}

/** The person's rows in one part of a place. */
export interface SubjectPlace {
  readonly store: string
  readonly environment: string
  readonly place: string
  readonly part: string
  /** The dataset whose own table it is. */
  readonly dataset: string | null
  /** A table that is declared as another controller's. */
  readonly othersTable: boolean
  readonly rows: number
  /** Rows that hold the person's values, and of which nothing tells that they are this controller's. */
  readonly unclear: number
  /** Whether rows of it can be told apart: not in a text or picture. */
  readonly byRows: boolean
}

export interface SubjectStep {
  readonly store: string
  readonly place: string
  readonly state: 'begun' | 'done' | 'blocked'
  readonly rowsFound: number
  readonly rowsErased: number | null
  readonly because: string | null
}

/** A place that was not searched, or not whole. `again`: it could not be reached or read this time, and the request stays open. */
export interface NotSearched { readonly store: string; readonly place: string; readonly because: string; readonly again?: true }

/** What a request came to: counts and places, no value. */
export interface SubjectOutcome {
  readonly found: number
  readonly handed: number
  readonly erased: number
  /** Rows still there when it was searched for again, and where they or unclear ones stand. */
  readonly residual: number
  readonly left: readonly { readonly store: string; readonly place: string; readonly rows: number; readonly because: string }[]
  readonly notSearched: readonly NotSearched[]
  /** People taken out of fingerprints. */
  readonly forgotten: number
}

export interface SubjectRecord {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly kind: 'access' | 'erasure'
  readonly instruction: string
  readonly operator: string
  readonly openedAt: Instant
  readonly closedAt: Instant | null
  /** What it came to so far; it is still open where places could not be read. */
  readonly outcome: SubjectOutcome | null
}
