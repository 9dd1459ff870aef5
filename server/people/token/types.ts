import type { Instant } from '#kit/time'

/** A token by which a machine asks as an account does, for what its scopes name; never the token itself. `expiresAt` is on the machine's clock. */
export interface ApiToken {
  readonly id: string
  readonly slot: number
  readonly account: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly issuedBy: string
  readonly issuedAt: Instant
  readonly expiresAt: Instant
  readonly revokedAt: Instant | null
  /** Whether its account was closed or changed since it was made: that ends it, too. */
  readonly ended: boolean
  /** When its account ends. */
  readonly accountEndsAt: Instant | null
  /** To the minute. */
  readonly usedAt: Instant | null
}
