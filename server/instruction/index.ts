/** What controllers told the processor to do, and who may act on it. */
import type { Apply } from '#ledger'
import { applyReview } from './review/store.ts'
import { applyGrant, applyInstruction } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { instruction: applyInstruction, grant: applyGrant, review: applyReview }
export { allGrants, allInstructions, proposalHash } from './store.ts'
export { recordsToJudge } from './records.ts'
export { acceptanceBytes, acceptInstruction, approveGrant, findInstruction, grantId, proposeGrant, revokeGrant, withdrawInstruction } from './instruction.ts'
export { allWarnings } from './warning/store.ts'
export { answerBytes, answerWarning, warnOf, type Warned } from './warning/warning.ts'
export type { Warning } from './warning/types.ts'
export { proposeInstruction } from './propose.ts'
export { isInForce, isSuspended, operations, type Grant, type Instruction, type InstructionState, type Operation, type Scope } from './types.ts'
export { emergencyMinutesMax, openEmergency, reviewEmergency, unreviewedEmergencies } from './emergency.ts'
export { answerReview, confirmReview, findReview, quarterOf, reviewDays, settleReviews, type LastUsed } from './review/review.ts'
export { allReviews, openReviews, reviewsNamed } from './review/store.ts'
export type { Review, ReviewItem } from './review/types.ts'
