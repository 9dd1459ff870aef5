import type { Instant } from '#kit/time'

/** Staff of the processor. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly contact: string
  readonly role: string
  readonly leftAt?: Instant
}

/** A course that must be passed again after `validMonths`; `requiredFor` names roles, or everybody. `course`: the one that passes it; without it, somebody else's word does. */
export interface Training {
  readonly id: string
  readonly title: string
  readonly validMonths: number
  readonly requiredFor: '*' | readonly string[]
  readonly course?: string | undefined
}

/** `result`: of a course that was taken here; absent where a person only said that the training was passed. */
export interface TrainingPassed {
  readonly training: string
  readonly passedAt: Instant
  readonly result?: CourseResult
}

/** What is kept of a course that was taken: never the answers. */
export interface CourseResult { readonly course: string; readonly version: string; readonly score: number; readonly questions: number }

/** Where somebody signed or answered: at a command line Bailee cannot tell who sat there. */
export type Via = 'command line' | 'sign-in'

/** A promise of confidentiality (Art. 28(3)(b)). `textSha256`: what was signed, absent where it was only reported. `withdrawnAt`: when its owner left; the duty goes on. */
export interface Commitment {
  readonly person: string
  readonly signedAt: Instant
  readonly textSha256?: string
  readonly language?: string
  readonly via?: Via
  readonly withdrawnAt?: Instant
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

/** What a role may do under instructions, as declared. A role that is not declared covers nothing once roles are. */
export interface Role {
  readonly id: string
  readonly operations: '*' | readonly string[]
  readonly purposes: '*' | readonly string[]
}

/** Somebody's change of role: proposed, with the grants it would end, until a second person confirms or refuses it. */
export interface Move {
  readonly id: string
  readonly person: string
  readonly from: string
  readonly to: string
  readonly revokes: readonly string[]
  readonly proposedBy: string
  readonly proposedAt: Instant
  readonly state: 'proposed' | 'moved' | 'refused'
}
