/**
 * The only road to client data: a PostgreSQL relay that opens what an instruction covers, counts what leaves, and ends what no longer is
 * covered. It decides nothing and keeps no record: see `doorkeeper.ts` for what it asks, `compile/index.ts` for what it needs at a client database.
 */
import type { Apply } from '#ledger'
import { applyLease, applySession } from './store.ts'

export { harden, hardeningStatements } from './harden.ts'
export { listen } from './listen.ts'
export type { Gateway, ListenOptions } from './listen.ts'
export { makeVerifier, saltOf } from './scram.ts'
export type {
  Admission, AdmissionRequest, CloseCode, CloseReason, Credential, Doorkeeper, SessionCounts, SessionPlan, TablePlan, Token,
} from './doorkeeper.ts'
export { openDoorkeeper, rowsPerSessionDefault } from './recording.ts'
export { recentSessions } from './store.ts'

/** How this word's entries become rows. */
export const applies: Readonly<Record<string, Apply>> = { session: applySession, lease: applyLease }
