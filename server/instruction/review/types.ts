import type { Instant } from '#kit/time'

/** One grant under review. `lastUsedAt`: the newest session that records know of; absent: no record of use, which is not *never used*. */
export interface ReviewItem {
  readonly grant: string
  readonly person: string
  readonly instruction: string
  readonly lastUsedAt?: Instant
  readonly answer?: 'keep' | 'revoke'
  readonly reason?: string
  readonly answeredBy?: string
  readonly confirmedBy?: string
  readonly outcome?: 'kept' | 'revoked' | 'revoked unanswered'
}

/** Who holds what of one controller, looked at each quarter (Art. 32(4)). What is not answered and confirmed before `endsAt` is revoked. */
export interface Review {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly openedAt: Instant
  readonly endsAt: Instant
  readonly closedAt?: Instant
  readonly items: readonly ReviewItem[]
}
