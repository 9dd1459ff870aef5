import type { Instant } from '#kit/time'

/** How one controller's data are kept from another's at a store. Said in every decision, session and proof, because it is not equally strong. */
export type Separation =
  | 'a database of its own'
  | 'tables of one database (weaker: its statistics and its catalogue are shared)'
  | 'rows of shared tables (declared, weaker: row policies hold them apart, statistics do not)'

/** What came of trying the ways out of an instruction at a database. */
export interface ProofResult {
  /** `held`: every way out that was tried stayed closed. `through`: one did not. `not compiled`: the checks found something before anything was tried. */
  readonly outcome: 'held' | 'through' | 'not compiled'
  /** The compiled role that was tried: another scope is another role, and needs a proof of its own. */
  readonly role: string
  /** Names the list that was tried; a newer list makes a proof stale. */
  readonly list: string
  readonly held: number
  readonly through: readonly { readonly id: string; readonly says: string; readonly because: string }[]
  readonly notTried: readonly string[]
  /** What the compiler found, with the statements that close it. */
  readonly findings: readonly { readonly what: string; readonly fix?: string }[]
  readonly separation: Separation
}

export type ProofState = 'held' | 'through' | 'drifted'

/** The last proof of an instruction at a store, as the ledger has it. */
export interface Proof {
  readonly store: string
  readonly instruction: string
  readonly slot: number
  readonly role: string
  readonly list: string
  readonly state: ProofState
  readonly provedAt: Instant
  readonly detail: Pick<ProofResult, 'held' | 'through' | 'notTried' | 'findings' | 'separation'>
}
