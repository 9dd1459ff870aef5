import type { Json } from '#ledger'
import type { Instant } from '#kit/time'

/** What a second person may have to approve. `session`: everything that is done with the data where they are, at the gateway or as an activity. */
export const approvalUses = ['session', 'copy', 'disclose'] as const
export type ApprovalUse = (typeof approvalUses)[number]

/** What an instruction says of it: for which uses, and how long an approval may last at most. */
export interface SecondPerson { readonly uses: readonly ApprovalUse[]; readonly minutes: number }

export type ApprovalState = 'asked' | 'given' | 'refused' | 'withdrawn' | 'lapsed'

/** Every move of an approval. That it was used is counted, and no move: it goes on until its time is over or its uses are. */
export const approvalMoves = {
  asked: ['given', 'refused', 'withdrawn', 'lapsed'],
  given: ['withdrawn', 'lapsed'],
  refused: [],
  withdrawn: [],
  lapsed: [],
} as const satisfies Record<ApprovalState, readonly ApprovalState[]>

/** A second person's word that somebody may use an instruction, so many times until then. Good for nobody else, no other use and no other version; of a copy or a disclosure for nothing but what it says. */
export interface Approval {
  readonly id: string
  readonly slot: number
  readonly instruction: string
  /** Of what the controller accepted. */
  readonly scopeSha256: string
  readonly person: string
  readonly use: ApprovalUse
  readonly reason: string
  /** What a copy or a disclosure would do, as whoever approves it is shown; null of sessions, and of what was asked for before this was recorded: that covers none any more. */
  readonly what: Json
  /** Its SHA-256 (`whatHash`), in hexadecimal. */
  readonly whatSha256: string | null
  readonly minutes: number
  readonly times: number
  readonly askedAt: Instant
  readonly state: ApprovalState
  readonly givenBy: string | null
  readonly givenAt: Instant | null
  /** The first moment at which it is good no more. */
  readonly until: Instant | null
  readonly used: number
  readonly usedAt: Instant | null
  readonly endedAt: Instant | null
}
