import type { Instant } from '#kit/time'
import type { SecondPerson } from './approval/types.ts'

export const operations = ['read', 'write', 'derive', 'copy', 'disclose', 'return', 'erase', 'search'] as const
export type Operation = (typeof operations)[number]

/** What a controller told the processor to do, as declared. What it does not name is not covered (Art. 28(3)(a), 29). */
export interface Scope {
  readonly id: string
  readonly contract: string
  /** The controller's own words; the rest is their reading. */
  readonly text: string
  readonly purposes: readonly string[]
  readonly operations: readonly Operation[]
  /** Columns by dataset, or all of them. */
  readonly data: Readonly<Record<string, readonly string[] | '*'>>
  readonly environments: readonly string[]
  readonly recipients?: readonly string[] | undefined
  readonly identifiable?: boolean | undefined
  readonly from: string
  readonly until?: string | undefined
  readonly rows_per_session?: number | undefined
  /** Of one person, over all sessions of a day (UTC). */
  readonly rows_per_day?: number | undefined
  readonly supersedes?: string | undefined
  /** Uses that a second person approves each time. */
  readonly second_person?: SecondPerson | undefined
  readonly [key: string]: unknown
}

export type InstructionState = 'proposed' | 'accepted' | 'superseded' | 'withdrawn'

/** Every move an instruction can make. */
export const instructionMoves = {
  proposed: ['accepted', 'withdrawn'],
  accepted: ['superseded', 'withdrawn'],
  superseded: [],
  withdrawn: [],
} as const satisfies Record<InstructionState, readonly InstructionState[]>

/** `from` is the first moment covered, `until` and `endedAt` the first no longer covered. */
export interface Instruction {
  readonly id: string
  readonly slot: number
  readonly contract: string
  readonly controller: string
  readonly scope: Scope
  readonly state: InstructionState
  readonly from: Instant
  readonly until?: Instant
  readonly acceptedAt?: Instant
  readonly acceptedBy?: string
  /** With a key that the signatory keeps, one on this machine, or a passkey of the signatory's account. */
  readonly acceptedWith?: 'signatory' | 'this machine' | 'passkey'
  /** When it was superseded or withdrawn. */
  readonly endedAt?: Instant
  readonly supersededBy?: string
  /** Why it was refused or withdrawn, in the controller's words. */
  readonly endedReason?: string
  /** When nothing was covered by it, because the processor warned that it infringes the law: from the first moment until the first that is no longer suspended. Absent: never. */
  readonly suspensions?: readonly { readonly from: Instant; readonly until: Instant }[]
}

/** Whether work under it was stopped at `at` by a warning. What was made under it stays where it is: it is not over. */
export function isSuspended({ suspensions = [] }: Pick<Instruction, 'suspensions'>, at: Instant): boolean {
  return suspensions.some(({ from, until }) => from <= at && at < until)
}

/** Whether it covers anything at `at`: accepted, and neither it nor its contract, which ended at `contractEndedAt`, is over. */
export function isInForce({ state, until }: Pick<Instruction, 'state' | 'until'>, contractEndedAt: Instant | undefined, at: Instant): boolean {
  return state === 'accepted' && at < (until ?? Infinity) && at < (contractEndedAt ?? Infinity)
}

export type GrantState = 'proposed' | 'approved' | 'revoked'

export const grantMoves = {
  proposed: ['approved', 'revoked'],
  approved: ['revoked'],
  revoked: [],
} as const satisfies Record<GrantState, readonly GrantState[]>

/** Ties a person to an instruction until a day, approved by a second person. */
export interface Grant {
  readonly id: string
  readonly slot: number
  readonly person: string
  readonly instruction: string
  readonly until: Instant
  readonly state: GrantState
  readonly proposedBy?: string
  readonly approvedAt?: Instant
  readonly approvedBy?: string
  readonly revokedAt?: Instant
  /** Why it was opened without a second person; `reviewedAt` and `reviewedBy`: who looked at that afterwards. */
  readonly emergency?: string
  readonly reviewedAt?: Instant
  readonly reviewedBy?: string
}
