import type { Custody } from '#people'
import type { Instant } from '#kit/time'

/** Somebody to write to; `none` says that there is none, which is not the same as not told. */
export type Contact = 'none' | { readonly name: string; readonly contact: string }

/** The firm that runs Bailee, as declared. Keys as in bailee.yaml. */
export interface Processor {
  readonly origin: string
  readonly name: string
  readonly country: string
  readonly [key: string]: unknown
}

/** A client whose people's data the processor holds. `slot` is its log. */
export interface Controller {
  readonly id: string
  readonly slot: number
  readonly name: string
  readonly declared: ControllerDeclared
}

export interface ControllerDeclared {
  readonly id: string
  readonly name: string
  readonly country: string
  readonly [key: string]: unknown
}

export type EndChoice = 'delete' | 'return' | 'send_on'

/** What happens at the end of a contract (Art. 28(3)(g)). */
export interface AtEnd {
  readonly choice?: EndChoice | undefined
  /** To whom the data go when the choice is to send them on. */
  readonly recipient?: string | undefined
  /** Days after the end in which the controller may still fetch its data (Regulation (EU) 2023/2854, Art. 25). */
  readonly retrieval_days?: number | undefined
  readonly within_days?: number | undefined
  readonly clause?: string | undefined
  /** Fingerprints may outlive the end only when the contract says so (`contracts.md` 5). */
  readonly fingerprints?: { readonly keep_until: string; readonly instruction: string } | undefined
}

/** `ends` and `endedAt` are the first moments that are no longer covered. */
export interface Contract {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly starts: Instant
  readonly ends?: Instant
  readonly endedAt?: Instant
  readonly endedBecause?: string
  readonly declared: ContractDeclared
}

export interface ContractDeclared {
  readonly id: string
  readonly controller: string
  readonly starts: string
  readonly ends?: string | undefined
  readonly at_end?: AtEnd | undefined
  readonly [key: string]: unknown
}

/** A choice of a signatory, in the order made. */
export interface ChoiceMade {
  readonly number: number
  readonly choice: EndChoice
  readonly recipient: string | null
  /** Null when the key of what was agreed is gone. */
  readonly signatory: string | null
  readonly custody: Custody
  readonly madeAt: Instant
}

/** The key that data are encrypted to when they go back or on, as a signatory named it; the newest holds. */
export interface ReturnKey {
  readonly number: number
  /** Of age: `age1...`. */
  readonly recipient: string
  readonly signatory: string | null
  readonly custody: Custody
  readonly namedAt: Instant
}

/** What keeps data from being erased, taken away by a signatory: they were received, or that is waived. */
export interface ReleaseMade {
  readonly how: 'received' | 'waived'
  readonly signatory: string | null
  readonly custody: Custody
  readonly releasedAt: Instant
}

/** What a controller is told; recorded in its log. Sending it is a matter of its own. */
export interface Notice {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly about: string
  readonly says: string
  readonly recordedAt: Instant
}

/** That a notice was read. `by` is null when the key of what names people is gone. */
export interface Acknowledgement {
  readonly slot: number
  readonly notice: string
  readonly by: string | null
  readonly at: Instant
}
