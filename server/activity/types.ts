import type { References } from '#inventory'
import type { Ledger } from '#ledger'
import type { Instant } from '#kit/time'

export interface ActivityContext {
  readonly ledger: Ledger
  readonly references: References
}

export type ActivityState = 'refused' | 'begun' | 'made' | 'failed' | 'stopped'

/** What a result was made from: tables as the database planned to read them, columns at most. */
export interface Lineage {
  readonly tables: readonly {
    readonly table: string
    /** The dataset that it belongs to; null: it belongs to none, such as a catalogue. */
    readonly dataset: string | null
    /** The derived dataset that it is, where it is one. */
    readonly derived: string | null
    readonly columns: readonly string[]
  }[]
}

export interface Made {
  /** The gateway's session that made it; null for a model, which was made elsewhere. */
  readonly session: string | null
  /** The derived dataset, and where it is. */
  readonly derived: string
  readonly place: string
  readonly columns: readonly string[]
  /** Null for a model. */
  readonly rows: number | null
  readonly bytes: number
  /** Null for a model: what it was trained on is what its instruction names. */
  readonly lineage: Lineage | null
}

/** Processing for a controller that makes a derived dataset under an instruction (Art. 30(2)(b) GDPR), or was refused. */
export interface Activity {
  readonly id: string
  readonly kind: 'statement' | 'model'
  /** The controller's. */
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly instruction: string
  readonly store: string
  readonly person: string
  readonly purpose: string
  /** The file's name. */
  readonly name: string
  readonly sha256: string
  readonly schedule: string | null
  readonly dueAt: Instant | null
  /** Of the tries for its due time, from 1. */
  readonly attempt: number
  readonly state: ActivityState
  readonly begunAt: Instant
  readonly endedAt: Instant | null
  /** Why it was refused, failed or stopped. */
  readonly because: string | null
  readonly made: Made | null
}

/** An activity that is due again and again. */
export interface Schedule extends Pick<Activity, 'id' | 'slot' | 'controller' | 'contract' | 'instruction' | 'store' | 'person' | 'purpose' | 'name' | 'sha256'> {
  /** Minute, hour, day of the month, month, day of the week. */
  readonly cron: string
  readonly zone: string
  /** Results that are kept; null: all, as long as the instruction lasts. */
  readonly keep: number | null
  /** How often a run that failed is tried again for the same due time. */
  readonly retries: number
  readonly scheduledAt: Instant
  /** The newest due time that was run, refused or missed. */
  readonly settledUntil: Instant
  /** Due times that nobody ran. */
  readonly missed: number
  readonly endedAt: Instant | null
  readonly because: string | null
}

export interface ActivityRequest {
  readonly instruction: string
  readonly person: string
  /** The file's name. */
  readonly name: string
  /** One query. */
  readonly text: string
  readonly purpose?: string | undefined
  /** Where the instruction names data in several stores. */
  readonly store?: string | undefined
}
