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
