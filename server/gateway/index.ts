/**
 * The only road to client data: a PostgreSQL relay that opens what an instruction covers, counts what leaves, and ends what no longer is
 * covered. It decides nothing and keeps no record: see `doorkeeper.ts` for what it asks, `compile/index.ts` for what it needs at a client database.
 */
import type { Apply } from '#ledger'
import { applyDrifted, applyProved } from './prove/store.ts'
import { applyRoad } from './roads/store.ts'
import { applyAnomaly, applyStatement } from './statement/store.ts'
import { applyLease, applySession } from './store.ts'

export { harden, hardeningStatements } from './harden.ts'
export { listen } from './listen.ts'
export type { Gateway, ListenOptions } from './listen.ts'
export { makeVerifier, saltOf } from './scram.ts'
export type {
  Admission, AdmissionRequest, CloseCode, CloseReason, Credential, Doorkeeper, Heard, Lease, LeaseAnswer, SessionCounts, SessionPlan, TablePlan, Token,
} from './doorkeeper.ts'
export { lookAtResults, type ResultsReport } from './results/record.ts'
export { allProofs, proveAll } from './prove/index.ts'
export type { Proof, ProofContext, ProofResult, Proved, Separation } from './prove/index.ts'
export { namesColumn, tablesOf } from './planning.ts'
export { endSession, openDoorkeeper } from './recording.ts'
export { rowsPerDayFactor, rowsPerSessionDefault } from './limits.ts'
export { allRoads, lookAtRoads, roadKinds } from './roads/index.ts'
export type { BreakGlass, NotSeen, Road, RoadContext, RoadKind, RoadReport, RoadState } from './roads/index.ts'
export { recentAnomalies, recentStatements } from './statement/store.ts'
export type { AnomalyRow } from './statement/store.ts'
export { recentSessions, sessionsSeen, type SessionRow, type SessionsSeen } from './store.ts'

/** A look that found nothing new is its own record. */
const applyGateway: Apply = async (tx, entry) => {
  if (entry.type === 'gateway.road_opened') await applyRoad(tx, entry, 'open')
  else if (entry.type === 'gateway.road_declared') await applyRoad(tx, entry, 'declared')
  else if (entry.type === 'gateway.anomaly_seen') await applyAnomaly(tx, entry)
  else if (entry.type === 'gateway.road_closed') await applyRoad(tx, entry, 'closed')
  else if (entry.type === 'gateway.proved') await applyProved(tx, entry)
  else if (entry.type === 'gateway.drifted') await applyDrifted(tx, entry)
}

/** How this word's entries become rows. */
export const applies: Readonly<Record<string, Apply>> = { session: applySession, lease: applyLease, statement: applyStatement, gateway: applyGateway }
