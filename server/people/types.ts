import type { Instant } from '#kit/time'

/** Staff of the processor. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly contact: string
  readonly role: string
  readonly leftAt?: Instant
}

/** A course that must be passed again after `validMonths`; `requiredFor` names roles, or everybody. */
export interface Training {
  readonly id: string
  readonly title: string
  readonly validMonths: number
  readonly requiredFor: '*' | readonly string[]
}

export interface TrainingPassed {
  readonly training: string
  readonly passedAt: Instant
}

/**
 * Who signs for a controller. `publicKey` is a raw Ed25519 key in base64. `custody` says where the private half is known to be:
 * with the signatory (declared key), or on this machine (made here, so it proves less).
 */
export interface Signatory {
  readonly controller: string
  readonly name: string
  readonly contact: string
  readonly publicKey?: string
  readonly custody?: 'signatory' | 'this machine'
}

/** What a decision must know of a person. */
export interface Standing {
  readonly person: Person
  readonly committedAt?: Instant
  readonly passed: readonly TrainingPassed[]
}

/** A short-lived token, as its SCRAM verifier; never the token. `expiresAt` is on the machine's clock (`contracts.md` 7). */
export interface AccessToken {
  readonly id: string
  readonly verifier: string
  readonly expiresAt: Instant
}
