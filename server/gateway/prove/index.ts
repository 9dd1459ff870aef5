/** Whether what an instruction covers is all that a session can reach: tried, not believed, at each client's own database. */
export { allToProve, proofsBy, proveAll, proveOne, type ProofContext, type Proofs, type Proved, type ToProve } from './record.ts'
export { allProofs, proofOf } from './store.ts'
export type { Proof, ProofResult, ProofState, Separation } from './types.ts'
