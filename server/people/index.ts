/** Those who may act: staff, with commitment and training; and the controllers' signatories. */
import type { Apply } from '#ledger'
import { applyCommitment, applyPeople, applyTraining } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { people: applyPeople, commitment: applyCommitment, training: applyTraining }
export { allPeople, allTrainings, liveTokens, signatoriesOf, standings } from './store.ts'
export { commit, findSignatory, recordToken, signedBy, train } from './people.ts'
export { signAs, type SignatoryKey, type Signed } from './sign.ts'
export type { AccessToken, Person, Signatory, Standing, Training, TrainingPassed } from './types.ts'
