import type { Instant } from '#kit/time'

export const staffRoles = ['owner', 'dpo', 'engineer', 'analyst', 'auditor'] as const
export const clientRoles = ['signatory', 'viewer'] as const
/** What an account may be. An auditor reads, until a day that is said beforehand; a signatory and a viewer see their controller's own alone. */
export type AccountRole = (typeof staffRoles)[number] | (typeof clientRoles)[number]

/** Whoever may sign in. `person`: staff it is of. `controller`: whose own people they are. `endsAt` is on the machine's clock. */
export interface Account {
  readonly id: string
  readonly slot: number
  readonly name: string
  readonly role: AccountRole
  readonly person: string | null
  readonly controller: string | null
  readonly endsAt: Instant | null
  readonly openedAt: Instant
  readonly closedAt: Instant | null
}

/** How somebody showed who they are. */
export type SignInWay = 'link' | 'passkey' | 'oidc'

/** A session of somebody who signed in. `until`: when it ends, however much it is used. */
export interface AccountSession {
  readonly id: string
  readonly account: string
  readonly way: SignInWay
  readonly begunAt: Instant
  readonly usedAt: Instant
  readonly until: Instant
}

/** So many bytes nobody can guess. */
export type Randomness = (bytes: number) => Uint8Array

/** A token, shown once and kept as its hash alone, and when it is no good any more. */
export interface Issued { readonly token: string; readonly until: Instant }
