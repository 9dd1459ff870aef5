import type { Lead } from '#inventory'
import type { Instant } from '#kit/time'
import type { StoreCoverage } from '#trace'
import type { StoreOutcome } from './physical/index.ts'

export type ErasureState = 'opened' | 'planned' | 'erasing' | 'searched_again' | 'confirmed' | 'certified' | 'reopened'

/** Every move an erasure can make (`contracts.md` 6). Searched again with something left, or found since, it is planned anew. */
export const erasureMoves = {
  opened: ['planned'],
  planned: ['erasing', 'planned'],
  erasing: ['searched_again'],
  searched_again: ['confirmed', 'planned'],
  confirmed: ['certified', 'planned'],
  certified: ['reopened'],
  reopened: ['planned'],
} as const satisfies Record<ErasureState, readonly ErasureState[]>

/** `rewrite`: nothing is deleted; the file is written anew without what was deleted from it before. */
export type Method = 'truncate' | 'delete rows' | 'delete found rows' | 'unlink' | 'drop' | 'rewrite'

/** Something to erase: a dataset's own table, what was derived from it, or a copy that a search found. */
export interface PlanItem {
  readonly number: number
  readonly store: string
  readonly environment: string
  readonly place: string
  readonly what: 'dataset' | 'derived dataset' | 'found copy'
  readonly method: Method
  /** Distinct people found there when it was planned. */
  readonly records: number
  readonly rows: number
  /** The id of what was derived there. */
  readonly derived?: string
  /** The predicate of a shared table's own rows. */
  readonly predicate?: string
  /** Rows of the table that law obliges to keep. */
  readonly keep?: string
  /** A table that is declared as another controller's: only rows whose columns agree on one record are this controller's there. */
  readonly othersTable?: boolean
  /** Governed copies of which rows stand there that bear their tokens, marks or invented records: those rows go. */
  readonly copies?: readonly string[]
}

/** Looks at what sessions derived in every store that keeps results, or in these, records what appeared or went, and says which stores it could not see. */
export type LookAtResults = (at: Instant, stores?: readonly string[]) => Promise<{ readonly notSeen: readonly { readonly store: string; readonly because: string }[] }>

/** What stands in the way of *complete*, in words for the certificate. */
export interface Obstacle { readonly store: string; readonly place: string; readonly because: string }

/** A table of the controller, or rows of it, that law obliges to keep. */
export interface Kept { readonly exception: string; readonly store: string; readonly place: string; readonly rows: string | null }

/** What Union or Member State law obliges to keep, and until when. `rows` null: the whole table. */
export interface Exception {
  readonly id: string
  readonly slot: number
  readonly erasure: string
  readonly dataset: string
  readonly store: string
  readonly place: string
  readonly rows: string | null
  readonly jurisdiction: string
  readonly statute: string
  readonly expires: Instant
  readonly by: string
  readonly recordedAt: Instant
  readonly endedAt: Instant | null
}

export interface Plan {
  readonly round: number
  readonly items: readonly PlanItem[]
  /** Whoever ran it since it was opened or reopened: none of them may be the second person. */
  readonly operators?: readonly string[]
  readonly blocked: readonly Obstacle[]
  readonly kept?: readonly Kept[]
  readonly coverage: readonly StoreCoverage[]
  /** Where stores led while it was searched for, and where they led before and nothing was searched again since. Absent where it was planned before this was kept. */
  readonly leads?: readonly Lead[]
  /** Datasets of which nobody knows all people: their last fingerprints could not be taken, neither at the end of the contract nor before this was planned. */
  readonly not_taken?: readonly { readonly store: string; readonly dataset: string; readonly because: string }[]
}

/** What people of the processor say of an address at which a store was planned and not searched again: that the store is another place now and what stood there is `gone`, or that the store was `moved` as it is. Nothing shows that it is so. */
export interface AddressStated {
  readonly store: string
  /** The addresses that it is said of (`Lead.to`). */
  readonly leads: readonly string[]
  readonly says: 'gone' | 'moved'
  readonly because: string
  readonly statedBy: string
  readonly statedAt: Instant
  /** The second person; null as long as nobody confirmed it. */
  readonly confirmedBy: string | null
  readonly confirmedAt: Instant | null
}

/** The search after erasing. `residual`: distinct people still found, over all places. */
export interface SearchedAgain {
  readonly sweep: string
  readonly at: Instant
  readonly residual: number
  readonly places: readonly { readonly store: string; readonly place: string; readonly records: number }[]
  readonly coverage: readonly StoreCoverage[]
  /** People found where law obliges to keep them: no part of the residual. */
  readonly kept?: readonly { readonly store: string; readonly place: string; readonly records: number }[]
  /** Tables of the controller that have no fingerprints: no search can see their copies. */
  readonly unsearched?: readonly { readonly store: string; readonly place: string }[]
  /** Places of earlier steps that do not exist any more. */
  readonly gone?: readonly { readonly store: string; readonly place: string }[]
  /** Why what sessions derived may still be there: recorded and not gone, or not seen. */
  readonly results?: readonly Obstacle[]
  /** How copies of its governed copies were looked for; absent where nobody did. */
  readonly governed?: GovernedAgain
  /** Where stores led all the while it was searched again. */
  readonly leads?: readonly Lead[]
  /** Index in the controller's log of the entry that recorded this: what was found later contradicts it. */
  readonly entry?: number
}

/** The search for copies of governed copies, by tokens, marks and invented records. What it found is among the places that are left. */
export interface GovernedAgain {
  /** How many governed copies could be told. */
  readonly copies: number
  /** Those that could not. `no_token`: nothing in it stands for a person. */
  readonly not_told: readonly { readonly copy: string; readonly because: string; readonly no_token: boolean }[]
  /** Copies of an earlier contract that nobody can tell any more, and the certificate that settled them while somebody could. */
  readonly settled?: readonly { readonly copy: string; readonly certificate: string }[]
  readonly not_read: readonly { readonly store: string; readonly place: string; readonly because: string }[]
  /** What was found, by the copy that it is of. */
  readonly found: readonly { readonly store: string; readonly place: string; readonly copies: readonly string[] }[]
}

export interface Erasure {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly cause: string
  readonly state: ErasureState
  readonly openedAt: Instant
  readonly deadline: Instant
  /** Until when the controller may fetch its data; null where no such time was agreed. */
  readonly retrieveUntil: Instant | null
  readonly operator: string | null
  readonly plan: Plan | null
  readonly again: SearchedAgain | null
  readonly confirmedBy: string | null
  /** What people state of addresses that were not searched again. */
  readonly addresses?: readonly AddressStated[]
  /** Who holds it back: nothing of it is worked on until it is resumed. */
  readonly pausedBy: string | null
  readonly pausedAt: Instant | null
}

/** An environment in which every place of a round was tried, and the files below its stores were examined. `looked`: at what sessions derived there; `notSeen`: and could not be seen. */
export interface ErasedEnvironment {
  readonly environment: string
  readonly erasedAt: Instant
  readonly looked: boolean
  readonly notSeen: readonly { readonly store: string; readonly because: string }[]
}

/** The physical check of one store in one round. */
export interface PhysicalCheck {
  readonly erasure: string
  readonly round: number
  readonly store: string
  readonly begunAt: Instant
  readonly doneAt: Instant | null
  readonly outcome: StoreOutcome | null
  /** The steps that it came after; null where that was not kept: then all of its round and of those before. */
  readonly covers?: readonly { readonly round: number; readonly number: number }[] | null
}

/** One place erased. `rowsFound` was counted under the lock, before anything was deleted. */
export interface Step {
  readonly erasure: string
  readonly round: number
  readonly number: number
  readonly store: string
  readonly place: string
  readonly method: Method
  readonly state: 'begun' | 'done' | 'blocked'
  readonly begunAt: Instant | null
  readonly doneAt: Instant | null
  readonly rowsFound: number
  readonly records: number
  readonly rowsErased: number | null
  readonly detail: StepDetail
}

export interface StepDetail {
  /** Rows of the place that matched nobody: whose they are is not known. */
  readonly unowned?: number
  /** What of the place could not be read, and stayed as it was. */
  readonly unread?: string
  /** No line of column names is one of these. */
  readonly no_header?: boolean
  /** Rows that are just as much another controller's: left where they are. */
  readonly ambiguous?: number
  /** Rows of other tables that went with these, because they hung on them by foreign keys. */
  readonly along?: readonly { readonly place: string; readonly rows: number }[]
  readonly because?: string
  /** What blocks it may go with another place of the plan. */
  readonly again?: boolean
  /** What was begun was certainly taken back. */
  readonly undone?: boolean
  /** Of a step that is blocked: rows that were counted when this or an earlier run began it, which was not certainly taken back. */
  readonly begun?: number
  /** Why deleted rows still stand in the files of the place. */
  readonly held?: string
  /** Counted before a restart; the erasing itself was done when it was looked at again. */
  readonly countedBefore?: boolean
}

export type CertificateStatus = 'complete' | 'complete_with_exceptions' | 'pending_backup_expiry' | 'partial' | 'invalidated'

export interface CertificateRecord {
  readonly id: string
  readonly slot: number
  readonly erasure: string
  readonly status: CertificateStatus
  readonly issuedAt: Instant
  readonly issuedEntry: number
  readonly envelope: Uint8Array
  readonly invalidatedAt: Instant | null
  readonly invalidatedBecause: string | null
}

/** What a sub-processor was asked at the end of a contract, and answered; a null outcome: nothing yet. */
export interface SubProcessorAnswer {
  readonly name: string
  readonly askedAt: Instant
  /** A certificate of its own; a statement that it never held any; or none obtained. */
  readonly outcome: 'certificate' | 'statement' | 'none' | null
  readonly sha256: string | null
  readonly says: string | null
  readonly recordedBy: string | null
  readonly recordedAt: Instant | null
}
