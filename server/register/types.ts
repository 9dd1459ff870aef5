import type { Instant } from '#kit/time'

/** What was told, that there is none, or that nobody told: empty is not a value. */
export type Told<Value> = { readonly is: 'told'; readonly value: Value } | { readonly is: 'none' } | { readonly is: 'missing' }

/** What the law asks of nobody in this place, told or not. */
export interface NotNeeded { readonly is: 'not_needed' }

export interface ContactRecord { readonly name: string; readonly contact: string; readonly country?: string | undefined }

/** A processor or a controller, as Art. 30(2)(a) wants it. */
export interface PartyRecord {
  readonly name: string
  readonly country: string
  readonly address: Told<string>
  readonly email: Told<string>
  readonly telephone: Told<string>
  readonly representative: Told<ContactRecord> | NotNeeded
  readonly dpo: Told<ContactRecord>
}

export interface ContractRecord {
  readonly id: string
  readonly starts: Instant
  readonly ends?: Instant | undefined
  readonly endedAt?: Instant | undefined
  readonly subjectMatter?: string | undefined
  readonly document?: string | undefined
  readonly choice?: string | undefined
  /** What the contract says nothing of, while it counts: an ended one does only where none is live. */
  readonly untold: readonly ('transfers' | 'sub_processors')[]
  /** Mandatory terms (Art. 28(3), 28(9)) of which nobody told a clause, or that it does not have. */
  readonly termsMissing: readonly string[]
}

/** What was seen of work under an instruction. */
export interface Observed {
  readonly sessions: number
  /** Rows that left, in sessions that were closed. */
  readonly rows: number
  readonly first: Instant
  readonly last: Instant
}

/** A category of processing: what one instruction lets be done, and what was done. */
export interface CategoryRecord {
  readonly instruction: string
  readonly contract: string
  readonly state: string
  /** DPV terms. They are the controller's: shown as what was told, never as the processor's own. */
  readonly purposes: readonly string[]
  readonly operations: readonly string[]
  readonly environments: readonly string[]
  readonly from: Instant
  readonly until?: Instant | undefined
  readonly inForce: boolean
  readonly acceptedAt?: Instant | undefined
  readonly observed?: Observed | undefined
  /** Warnings that it infringes the law (Art. 28(3), last sentence), and how each ended. */
  readonly warnings: readonly { readonly number: number; readonly provision: string; readonly at: Instant; readonly suspended: boolean; readonly standing: 'open' | 'agreed' | 'upheld' | 'superseded' | 'withdrawn' }[]
}

/** A third country that data of one contract go to, or may be seen from: as that contract has it, as it was seen, or both. */
export interface TransferRecord {
  /** Undefined where none binds the controller. */
  readonly contract: string | undefined
  /** `unknown` where nobody told in which country something stands: it may be any. */
  readonly country: string
  readonly tool: Told<string>
  readonly reference?: string | undefined
  readonly declared: boolean
  /** Why it is known that data go there; empty: nothing but the contract says so. */
  readonly seen: readonly string[]
}

/** One of any rank in the chain of a contract: `tier` 1 is engaged by the processor. */
export interface SubProcessorRecord {
  readonly contract: string
  readonly name: string
  readonly country: string
  readonly contact: string
  readonly address?: string | undefined
  readonly contactPerson?: string | undefined
  readonly purpose?: string | undefined
  readonly tier: number
  readonly engagedBy?: string | undefined
  readonly authorised: boolean
  /** Why it may not have data. */
  readonly because?: string | undefined
}
export interface MeasureRecord { readonly heading: string; readonly text: string }
export interface PlaceRecord { readonly store: string; readonly kind: string; readonly environment: string; readonly class: string; readonly country: string; readonly datasets: readonly string[] }

/** A copy of a controller's data that stands somewhere: made under an instruction, or found. */
export interface CopyRecord {
  readonly id: string
  readonly kind: 'governed' | 'derived' | 'found'
  readonly store: string
  readonly place: string
  readonly since: Instant
  readonly until?: Instant | undefined
  readonly people?: number | undefined
}

export interface SweepSeen { readonly at: Instant; readonly stores: number; readonly places: number; readonly notRead: number; readonly partlyRead: number }
export interface CertificateSeen { readonly id: string; readonly status: string; readonly issuedAt: Instant; readonly invalidatedAt?: Instant | undefined }

export interface CompulsionSeen { readonly id: string; readonly authority: string; readonly law: string; readonly country: string; readonly informing: 'told' | 'forbidden'; readonly handedOver: string; readonly at: Instant }
/** A recorded assessment, of this controller or of the processor as a whole. Amounts of fines are not told: a register is handed to others. */
export interface AssessmentRecord { readonly id: string; readonly question: string; readonly article: string; readonly outcome: string; readonly lawAt: Instant; readonly recordedAt: Instant; readonly standing: string }

/** The record of one controller as of a moment: Art. 30(2)(a)-(d), then what no official form asks for. */
export interface RegisterRecord {
  readonly asOf: Instant
  readonly processor: PartyRecord
  readonly controller: PartyRecord & { readonly id: string }
  readonly contracts: readonly ContractRecord[]
  readonly categories: readonly CategoryRecord[]
  readonly transfers: Told<readonly TransferRecord[]>
  readonly measures: Told<readonly MeasureRecord[]>
  readonly subProcessors: Told<readonly SubProcessorRecord[]>
  readonly places: readonly PlaceRecord[]
  readonly copies: readonly CopyRecord[]
  readonly sweep?: SweepSeen | undefined
  readonly certificates: readonly CertificateSeen[]
  /** What authorities compelled without an instruction. Those of which the controller must not be told are in a record only where it was asked for with them. */
  readonly compulsions: readonly CompulsionSeen[]
  readonly assessments: readonly AssessmentRecord[]
}

/** An element that is not in the record. `required`: without it the record is not what Art. 30(2) asks for. */
export interface Lack { readonly code: string; /** Of this contract alone. */ readonly contract?: string | undefined; readonly required: boolean; readonly says: string }

/** Where what was declared and what was seen part. */
export interface Drift { readonly kind: string; readonly article: string; readonly about: string; readonly says: string }

export type Language = 'en' | 'fr'
