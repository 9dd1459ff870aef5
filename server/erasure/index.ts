/** The end of a contract: search, erase, search again, certify. */
import type { Apply } from '#ledger'
import { applyCertificate, applyErasure } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { erasure: applyErasure, certificate: applyCertificate }
export { allCertificates, allErasures, stepsOf } from './store.ts'
export { certify, envelopesOf, reviewCertificates } from './certificate.ts'
export { judgeErasure, type Verdict } from './judge.ts'
export { filesOf } from './physically.ts'
export { confirmErasure, findErasure, pauseErasure, reopenErasure, resumeErasure, runErasure } from './run.ts'
export { endContract, erasureId, exitsOf, settleDue, type Due, type ExitShown } from './exit.ts'
export { exceptFromErasure, exceptionsInForce } from './exception.ts'
export { environmentsLeft, eraseEnvironment, isRunning } from './environments.ts'
export { findRestored, replayErasures, type Replayed } from './tombstone/replay.ts'
export { readRequest } from './subject/request.ts'
export { answerSubject, type Handed, type SubjectAnswer } from './subject/run.ts'
export { allRequests } from './subject/store.ts'
export type { SubjectOutcome, SubjectRecord, SubjectRequest } from './subject/types.ts'
export { erasureMoves, type CertificateRecord, type CertificateStatus, type Erasure, type ErasureState, type Exception, type LookAtResults, type Plan, type Step } from './types.ts'
